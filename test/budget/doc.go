// Package budget counts the ideas of the product: the functions that one request
// enters, and the comments and names that a reader stumbles over. Its test
// compares the counts with budget.json, which may only fall.
package budget
