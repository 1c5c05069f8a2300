package alerts_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
)

var scenesPlayed, scenesHeld atomic.Int64

// TestMain says how many scenes hold.
func TestMain(m *testing.M) {
	code := m.Run()
	fmt.Printf("%d of %d hold\n", scenesHeld.Load(), scenesPlayed.Load())
	os.Exit(code)
}
