package app

import (
	"runtime/debug"

	"github.com/prometheus/common/version"
)

// stampVersion sets the version that the linker was not told: that of the
// module, which go build derives from git, or "devel" if there is none.
func stampVersion() {
	if version.Version != "" {
		return
	}
	version.Version = "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version.Version = info.Main.Version
	}
}
