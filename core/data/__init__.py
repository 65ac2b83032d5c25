"""The data room: image files become one memory-mapped ImageSet, and its ids are divided into parts.

It must not know: torch, models or methods (so it never downloads or loads through torchvision), scores,
decisions, runs, or the store beside it. It reads and writes its own files alone.
"""
