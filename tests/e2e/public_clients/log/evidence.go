// Command log holds a Fengsui evidence bundle against Go's golang.org/x/mod/sumdb/note and tlog: signed notes, tiles, proofs.
// Only reading and naming is ours; every signature, hash and proof is checked by those packages.
package main

import (
	"archive/zip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// files is the content of a bundle: path to bytes.
type files map[string][]byte

func readZip(path string) (files, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	out := files{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out[f.Name] = data
	}
	return out, nil
}

func readFolder(top string) (files, error) {
	out := files{}
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(top, path)
		if err == nil {
			out[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	return out, err
}

// authenticated reads every stored hash of the tree through its tiles, a piece at a time, and holds them against the tree that tlog
// builds from the hashes of level 0. The second look is needed: TileHashReader of x/mod 0.7.0 checks full tiles against their
// parents only from position len(stx) of its list on, and the list may hold fewer tiles than that for the tree's own hash, so that
// some of the tiles asked for are believed unchecked.
func authenticated(in files, tree tlog.Tree) (tlog.HashReader, error) {
	reader := tlog.TileHashReader(tree, tiles{in})
	count := tlog.StoredHashCount(tree.N)
	all := make([]tlog.Hash, 0, count)
	for int64(len(all)) < count {
		var want []int64
		for i := int64(len(all)); i < count && len(want) < 300; i++ {
			want = append(want, i)
		}
		got, err := reader.ReadHashes(want)
		if err != nil {
			return nil, err
		}
		all = append(all, got...)
	}
	var built []tlog.Hash
	for n := int64(0); n < tree.N; n++ {
		more, err := tlog.StoredHashesForRecordHash(n, all[tlog.StoredHashIndex(0, n)], readerOf(&built))
		if err != nil {
			return nil, err
		}
		built = append(built, more...)
	}
	for i := range all {
		if built[i] != all[i] {
			level, n := tlog.SplitStoredHashIndex(int64(i))
			return nil, fmt.Errorf("inconsistent tile: hash %d of level %d is not the one of the level below", n, level)
		}
	}
	root, err := tlog.TreeHash(tree.N, readerOf(&built))
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("inconsistent tile: the hashes of level 0 have another root")
	}
	return readerOf(&all), err
}

func readerOf(stored *[]tlog.Hash) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			if i < 0 || i >= int64(len(*stored)) {
				return nil, fmt.Errorf("a hash beyond the tree")
			}
			out = append(out, (*stored)[i])
		}
		return out, nil
	})
}

// trust is the evaluator's policy: the keys of each role. Nothing in it comes from the bundle.
type trust struct {
	logs, operators, collectors []note.Verifier
}

func readTrust(path string) (*trust, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := &trust{}
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		role := map[string]*[]note.Verifier{"log": &out.logs, "operator": &out.operators, "collector": &out.collectors}[words[0]]
		if role == nil {
			continue
		}
		v, err := note.NewVerifier(words[1])
		if err != nil {
			return nil, fmt.Errorf("policy: %s %s: %w", words[0], words[1], err)
		}
		*role = append(*role, v)
	}
	return out, nil
}

// openCheckpoint opens the note with the logs' keys. tlog's own parser expects another first line, which is put in its place.
func openCheckpoint(text []byte, logs []note.Verifier) (string, tlog.Tree, error) {
	n, err := note.Open(text, note.VerifierList(logs...))
	if err != nil {
		return "", tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(n.Text, "\n")
	if origin != n.Sigs[0].Name {
		return "", tlog.Tree{}, fmt.Errorf("the origin is not the name of the key")
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	if err == nil && strings.Count(rest, "\n") != 2 {
		err = fmt.Errorf("the checkpoint has another number of lines than three")
	}
	return origin, tree, err
}

// ourPath turns tlog's path into the one of C2SP tlog-tiles: tile/8/L/N becomes tile/L/N.
func ourPath(t tlog.Tile) string {
	path := "tile/" + strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// treeTiles are the tiles of a tree of that size: what tlog names, without the narrower partial tiles of smaller trees.
func treeTiles(size int64) []tlog.Tile {
	var out []tlog.Tile
	for _, t := range tlog.NewTiles(tileHeight, 0, size) { // in order, narrow before wide
		if n := len(out); n > 0 && out[n-1].L == t.L && out[n-1].N == t.N {
			out = out[:n-1]
		}
		out = append(out, t)
	}
	return out
}

// tiles hands the bundle's tiles to tlog.
type tiles struct{ in files }

func (t tiles) Height() int { return tileHeight }
func (t tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range want {
		data, ok := t.in[ourPath(tile)]
		if !ok || len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is missing or has another length", ourPath(tile))
		}
		out = append(out, data)
	}
	return out, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// leaves reads the entry bundles of a tree of that size: two bytes of length before each leaf.
func leaves(in files, size int64) ([][]byte, error) {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: tileHeight, L: -1, N: n, W: 256}
		if left := size - n*256; left < 256 {
			tile.W = int(left)
		}
		data, ok := in[ourPath(tile)]
		if !ok {
			return nil, fmt.Errorf("%s is missing", ourPath(tile))
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data)-2 < int(data[0])<<8|int(data[1]) {
				return nil, fmt.Errorf("%s is cut", ourPath(tile))
			}
			length := int(data[0])<<8 | int(data[1])
			out = append(out, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s holds more than its leaves", ourPath(tile))
		}
	}
	return out, nil
}

// readProof reads a C2SP tlog-proof: index, hashes, checkpoint.
func readProof(text []byte) (index int64, proof tlog.RecordProof, checkpoint []byte, err error) {
	head, rest, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, nil, nil, fmt.Errorf("is not a tlog-proof")
	}
	if _, err = fmt.Sscanf(lines[1], "index %d", &index); err != nil {
		return 0, nil, nil, err
	}
	for _, line := range lines[2:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return 0, nil, nil, err
		}
		proof = append(proof, h)
	}
	return index, proof, []byte(rest), nil
}

// sigstoreProof reads the inclusion proof of the attestation's entry from the Sigstore bundle.
func sigstoreProof(text []byte) (index int64, proof tlog.RecordProof, checkpoint, entry []byte, err error) {
	var b struct {
		VerificationMaterial struct {
			TlogEntries []struct {
				CanonicalizedBody []byte
				InclusionProof    struct {
					LogIndex   json.Number
					Hashes     [][]byte
					Checkpoint struct{ Envelope string }
				}
			}
		}
	}
	if err = json.Unmarshal(text, &b); err != nil {
		return 0, nil, nil, nil, err
	}
	entries := b.VerificationMaterial.TlogEntries
	if len(entries) != 1 {
		return 0, nil, nil, nil, fmt.Errorf("%d log entries, not one", len(entries))
	}
	for _, h := range entries[0].InclusionProof.Hashes {
		parsed, err := tlog.ParseHash(base64.StdEncoding.EncodeToString(h))
		if err != nil {
			return 0, nil, nil, nil, err
		}
		proof = append(proof, parsed)
	}
	index, err = entries[0].InclusionProof.LogIndex.Int64()
	return index, proof, []byte(entries[0].InclusionProof.Checkpoint.Envelope), entries[0].CanonicalizedBody, err
}
