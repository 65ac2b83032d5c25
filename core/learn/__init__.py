"""The engine room: models, augmentation, methods and the loop. It knows arrays and tensors, no project and no page."""
