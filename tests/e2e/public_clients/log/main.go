package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// verify holds the whole bundle against note and tlog. The error begins with the name of the step.
func verify(in files, by *trust) (map[string]int, error) {
	origin, tree, err := openCheckpoint(in["checkpoint"], by.logs)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	counts := map[string]int{"leaves": int(tree.N)}
	if err := tileSet(in, tree.N, counts); err != nil {
		return nil, fmt.Errorf("tile set: %w", err)
	}
	hashes, err := authenticated(in, tree)
	if err != nil {
		return nil, fmt.Errorf("tiles: %w", err)
	}
	entries, err := leaves(in, tree.N)
	if err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	for i, leaf := range entries {
		n := int64(i)
		proof, err := tlog.ProveRecord(tree.N, n, hashes)
		if err == nil {
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(leaf))
		}
		if err != nil {
			return nil, fmt.Errorf("entries: leaf %d: %w", i, err)
		}
	}
	if err := fromLeaves(entries, tree); err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	if err := older(in, by, origin, tree, hashes, counts); err != nil {
		return nil, fmt.Errorf("consistency: %w", err)
	}
	if err := proofs(in, by, tree, entries, counts); err != nil {
		return nil, fmt.Errorf("proofs: %w", err)
	}
	parts := strings.Split(origin, "/") // domain, division, unit, year
	if len(parts) != 4 {
		return nil, fmt.Errorf("records: the origin has another form")
	}
	r := &replay{trust: by, unit: parts[2], hashes: hashes, agents: map[string]*agent{}, counts: counts}
	for i, leaf := range entries {
		if err := r.leaf(int64(i), leaf); err != nil {
			return nil, fmt.Errorf("records: leaf %d: %w", i, err)
		}
	}
	return counts, nil
}

// tileSet: exactly the files that tlog names for a tree of this size, each under a path that tlog reads as its own.
func tileSet(in files, size int64, counts map[string]int) error {
	want := map[string]bool{}
	for _, t := range treeTiles(size) {
		want[ourPath(t)] = true
		if t.L == 0 {
			t.L = -1
			want[ourPath(t)] = true
		}
	}
	for path := range in {
		rest, ok := cutPrefix(path, "tile/")
		if !ok {
			continue
		}
		if _, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, strings.Replace(rest, "entries/", "data/", 1))); err != nil {
			return err
		}
		if !want[path] {
			return fmt.Errorf("%s does not belong to a tree of %d", path, size)
		}
		delete(want, path)
		counts["tiles"]++
	}
	for path := range want {
		return fmt.Errorf("%s is missing", path)
	}
	return nil
}

func cutPrefix(s, prefix string) (string, bool) {
	return strings.TrimPrefix(s, prefix), strings.HasPrefix(s, prefix)
}

// fromLeaves builds the tree anew from the leaves alone and compares the root.
func fromLeaves(entries [][]byte, tree tlog.Tree) error {
	var stored []tlog.Hash
	own := readerOf(&stored)
	for i, leaf := range entries {
		more, err := tlog.StoredHashes(int64(i), leaf, own)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(tree.N, own)
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("the leaves have another root")
	}
	return err
}

// older: every stored checkpoint opens, is of this log, and is a prefix of each later one.
func older(in files, by *trust, origin string, newest tlog.Tree, hashes tlog.HashReader, counts map[string]int) error {
	trees := []tlog.Tree{newest}
	for path, text := range in {
		name, ok := cutPrefix(path, "checkpoints/")
		if !ok {
			continue
		}
		from, tree, err := openCheckpoint(text, by.logs)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if from != origin || name != fmt.Sprint(tree.N) {
			return fmt.Errorf("%s: of another log, or of another size", path)
		}
		trees = append(trees, tree)
		counts["checkpoints"]++
	}
	sort.Slice(trees, func(i, j int) bool { return trees[i].N < trees[j].N })
	if trees[len(trees)-1].N != newest.N {
		return fmt.Errorf("a stored checkpoint is newer than the bundle's")
	}
	for i, old := range trees[:len(trees)-1] {
		for _, later := range []tlog.Tree{trees[i+1], newest} {
			proof, err := tlog.ProveTree(later.N, old.N, hashes)
			if err == nil {
				err = tlog.CheckTree(proof, later.N, later.Hash, old.N, old.Hash)
			}
			if err != nil {
				return fmt.Errorf("from %d to %d: %w", old.N, later.N, err)
			}
			counts["consistent"]++
		}
	}
	return nil
}

// proofs: the inclusion proofs that we made, of the seals and of the attestation's entry.
func proofs(in files, by *trust, newest tlog.Tree, entries [][]byte, counts map[string]int) error {
	check := func(path string, index int64, proof tlog.RecordProof, checkpoint, leaf []byte) error {
		_, tree, err := openCheckpoint(checkpoint, by.logs)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		counts["proofs"]++
		return nil
	}
	for path, text := range in {
		if !strings.HasPrefix(path, "seals/") {
			continue
		}
		index, proof, checkpoint, err := readProof(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if index < 0 || index >= int64(len(entries)) {
			return fmt.Errorf("%s: names leaf %d of %d", path, index, len(entries))
		}
		if err := check(path, index, proof, checkpoint, entries[index]); err != nil {
			return err
		}
	}
	const path = "attestation.sigstore.json"
	if _, ok := in[path]; !ok { // the export of a log that nobody attested
		return nil
	}
	index, proof, checkpoint, entry, err := sigstoreProof(in[path])
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return check(path, index, proof, checkpoint, entry)
}

type least struct {
	key  string
	n    int
	name string
}

var always = []least{
	{"leaves", 4, "leaves are in the tree, by their own hash and by a proof each"},
	{"tiles", 2, "tiles and entry bundles, the set and the paths that tlog names"},
	{"checkpoints", 2, "stored checkpoints carry the log's signature"},
	{"consistent", 2, "consistency proofs between checkpoints hold"},
	{"notes", 4, "signed notes inside the leaves open with the key of their role"},
	{"chained", 2, "agents' records follow each other"},
	{"keys", 2, "keys of epochs, each announced by the record before"},
	{"beacons", 1, "heartbeats name a root that the log had"},
}
var ofBundle = []least{
	{"entries", 1, "attestation entries"},
	{"proofs", 2, "inclusion proofs of seals and attestation hold"},
}
var ofGrown = []least{
	{"leaves", 768, "leaves, so that full tiles and a second level are in it"},
	{"tiles", 7, "tiles and entry bundles of such a log"},
}

func main() {
	if len(os.Args) != 4 || os.Args[1] != "bundle" && os.Args[1] != "grown" {
		fmt.Fprintln(os.Stderr, "usage: log bundle BUNDLE.zip POLICY\n       log grown FOLDER POLICY   a log of at least 768 leaves without an attestation")
		os.Exit(2)
	}
	what := os.Args[1]
	read, counted, altered := readZip, append(always, ofBundle...), tamperings
	if what == "grown" {
		read, counted, altered = readFolder, append(always, ofGrown...), grownTamperings
	}
	in, err := read(os.Args[2])
	must(err)
	by, err := readTrust(os.Args[3])
	must(err)
	failed := 0
	say := func(good bool, name, detail string) {
		if good {
			fmt.Printf("  ok    go, %s: %s\n", what, name)
			return
		}
		failed++
		fmt.Printf("  FAIL  go, %s: %s: %s\n", what, name, detail)
	}
	counts, err := verify(in, by)
	say(err == nil, "x/mod/sumdb note and tlog accept it", fmt.Sprint(err))
	for _, c := range counted {
		say(counts[c.key] >= c.n, fmt.Sprintf("%d %s", counts[c.key], c.name), fmt.Sprintf("fewer than %d", c.n))
	}
	if err != nil {
		os.Exit(1) // alterations of something that is refused as it is would prove nothing
	}
	for _, t := range altered(in, by) {
		_, err := verify(t.in, t.by)
		say(err != nil && strings.HasPrefix(err.Error(), t.step+": ") && strings.Contains(err.Error(), t.why),
			"refuses "+t.name, fmt.Sprintf("expected %q at %q, got %v", t.why, t.step, err))
	}
	if failed > 0 {
		os.Exit(1)
	}
}
