"""The ground floor: plain values (config, records) and the one family of errors. No behaviour lives here."""
