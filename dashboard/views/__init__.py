"""The pages: each reads its widgets, calls one or two methods of Project and draws with charts."""
