"""The front desk: the only room that knows all the others below it, and none of them knows it. It never imports torch."""
