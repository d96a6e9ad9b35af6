"""What can be read, one file a noun; every query narrowed to an organization, constant in number."""
