"""PyTorch training: models, augmentation, methods, training loop. Nothing else imports torch."""
