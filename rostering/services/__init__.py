"""What can be done, one file a business noun; keyword-only, typed, one transaction each."""
