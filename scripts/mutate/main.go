// Command mutate tells how much the tests of a package hold. It changes the code
// one place at a time, runs the tests for each change, and prints the changes
// that no test noticed:
//
//	go run ./scripts/mutate ./internal/schedule
//	go run ./scripts/mutate -n 80 -skip 'TestSlow' ./internal/web ./internal/web/ui
//
// The first package is changed; its tests run, and then those of the other
// packages for changes that survived. Use a sample (-n) for a large package: 80
// changes give the score within 5 %.
//
// A mutant negates a comparison, moves its boundary, exchanges && and ||, or
// leaves out a call, an assignment, a defer, a break or a continue. All mutants
// are compiled into one test binary, and the variable MUTANT switches one on.
// Locks are left alone: a test without the race detector cannot see them.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	sample := flag.Int("n", 0, "how many mutants to run, chosen at random; 0 is all")
	seed := flag.Uint64("seed", 1, "chooses the sample")
	run := flag.String("run", "", "run only tests that match")
	skip := flag.String("skip", "", "skip tests that match")
	jobs := flag.Int("jobs", 2, "mutants that run at a time")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := mutate(flag.Args(), *sample, *seed, *jobs, "-test.run="+*run, "-test.skip="+*skip); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func mutate(packages []string, sample int, seed uint64, jobs int, args ...string) error {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source, err := load(packages[0])
	if err != nil {
		return err
	}
	binaries, err := build(dir, source, packages)
	if err != nil {
		return err
	}
	for i := range binaries {
		began := time.Now()
		if out, err := binaries[i].run(10*time.Minute, 0, args); err != nil {
			return fmt.Errorf("the tests of %s fail without a mutant: %w\n%s", packages[i], err, out)
		}
		binaries[i].patience = 10*time.Second + 6*time.Since(began)
	}
	chosen := slices.Clone(source.mutants)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	if sample > 0 && sample < len(chosen) {
		chosen = chosen[:sample]
	}
	alive := survivors(chosen, binaries, jobs, args)
	slices.SortFunc(alive, func(a, b mutant) int { return a.id - b.id })
	for _, m := range alive {
		fmt.Println(m)
	}
	killed := len(chosen) - len(alive)
	fmt.Printf("%s: %d of %d mutants run, %d killed: %.1f %%\n", packages[0], len(chosen), len(source.mutants), killed, 100*float64(killed)/float64(max(1, len(chosen))))
	return nil
}

// survivors returns the mutants with which all tests pass.
func survivors(mutants []mutant, binaries []binary, jobs int, args []string) []mutant {
	var (
		mu    sync.Mutex
		alive []mutant
		wg    sync.WaitGroup
		queue = make(chan mutant)
	)
	for range jobs {
		wg.Go(func() {
			for m := range queue {
				killed := slices.ContainsFunc(binaries, func(b binary) bool {
					_, err := b.run(b.patience, m.id, args)
					return err != nil
				})
				if !killed {
					mu.Lock()
					alive = append(alive, m)
					mu.Unlock()
				}
			}
		})
	}
	for _, m := range mutants {
		queue <- m
	}
	close(queue)
	wg.Wait()
	return alive
}

// binary is the compiled tests of a package.
type binary struct {
	path, dir string
	patience  time.Duration
}

// run runs the tests with a mutant; 0 is none.
func (b binary) run(patience time.Duration, id int, args []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience+10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.path, append([]string{"-test.failfast", "-test.timeout=" + patience.String()}, args...)...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(id))
	cmd.WaitDelay = time.Second
	return cmd.CombinedOutput()
}

var position = regexp.MustCompile(`(?m)^(?:vet: )?(\S+\.go):(\d+):`)

// build compiles the tests of packages with all mutants of source. A mutant that
// does not compile is dropped.
func build(dir string, source *source, packages []string) ([]binary, error) {
	for {
		overlay, err := source.overlay(dir)
		if err != nil {
			return nil, err
		}
		binaries, out, err := compile(dir, overlay, packages)
		if err == nil {
			return binaries, nil
		}
		if !source.drop(position.FindAllSubmatch(out, -1)) {
			return nil, fmt.Errorf("compiling: %w\n%s", err, out)
		}
	}
}

func compile(dir, overlay string, packages []string) (binaries []binary, out []byte, err error) {
	for i, name := range packages {
		folder, err := exec.Command("go", "list", "-f", "{{.Dir}}", name).Output()
		if err != nil {
			return nil, nil, fmt.Errorf("no package %s: %w", name, err)
		}
		b := binary{path: filepath.Join(dir, strconv.Itoa(i)+".test"), dir: string(bytes.TrimSpace(folder))}
		if out, err := exec.Command("go", "test", "-c", "-gcflags=-e", "-overlay="+overlay, "-o", b.path, name).CombinedOutput(); err != nil {
			return nil, out, err
		}
		binaries = append(binaries, b)
	}
	return binaries, nil, nil
}

// overlay writes the changed files and returns the file for go's -overlay.
func (s *source) overlay(dir string) (string, error) {
	replace := map[string]string{}
	for path, text := range s.mutated() {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return "", err
		}
		replace[path] = file
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// drop removes the mutants of the lines that the compiler names, and reports
// whether there were any.
func (s *source) drop(positions [][][]byte) bool {
	before := len(s.mutants)
	for _, p := range positions {
		line, _ := strconv.Atoi(string(p[2]))
		s.mutants = slices.DeleteFunc(s.mutants, func(m mutant) bool {
			return m.line == line && filepath.Base(m.file) == filepath.Base(strings.TrimSpace(string(p[1])))
		})
	}
	return len(s.mutants) < before
}
