// Command composelint loads Compose files as docker compose does, with the
// schema and the rules of the specification's own library.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	faults := 0
	for _, path := range os.Args[1:] {
		options, err := cli.NewProjectOptions([]string{path})
		if err == nil {
			_, err = options.LoadProject(context.Background())
		}
		if err != nil {
			faults++
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
		}
	}
	if faults > 0 {
		os.Exit(1)
	}
}
