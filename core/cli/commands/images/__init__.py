"""Commands about single images: their groups, their metadata columns, and which are hidden."""
