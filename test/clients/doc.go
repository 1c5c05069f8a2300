// Package clients holds the simulated OSS to the clients that people use: each
// creates, reads, lists, binds and deletes a token. It is a module of its own,
// so that the product does not depend on the clients.
package clients
