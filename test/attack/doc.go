// Package attack plays hostile servers, hostile clients and accidents on the
// binary, each beside targets that do nothing wrong, and counts the samples that those lose:
// no sample is the goal. It needs the build tag attack; make attack runs it.
package attack
