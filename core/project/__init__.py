"""The front desk: the only room that knows all the others below it, and none knows it. It never imports torch."""
