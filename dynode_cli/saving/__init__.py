"""Saving of files: hidden parts that become files when they are complete, claims on outputs, folders that clean up."""
