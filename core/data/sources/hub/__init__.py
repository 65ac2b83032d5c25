"""Data sets of the Hugging Face hub, by name: hf:OWNER/NAME."""
