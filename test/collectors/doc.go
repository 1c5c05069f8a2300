// Package collectors_test reads the exporter's metrics with the parsers of
// collectors that cannot be installed for a test. It is a module of its own, so
// that their dependencies stay out of the product's.
package collectors_test
