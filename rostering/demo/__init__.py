"""Two believable organizations to look at Muster with, the same every time but for the date they start on."""
