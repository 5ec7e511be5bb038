package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tampering is one bundle, or one policy, that must be refused at that step with those words.
type tampering struct {
	name, step, why string
	in              files
	by              *trust
}

func copyOf(in files) files {
	out := files{}
	for path, data := range in {
		out[path] = append([]byte(nil), data...)
	}
	return out
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "log: the test itself:", err)
		os.Exit(2)
	}
}

// kindAt finds the count'th leaf of a kind, or -1.
func kindAt(entries [][]byte, kind string, count int) int {
	for i, leaf := range entries {
		if bytes.HasPrefix(leaf, []byte("fengsui-leaf/v1 "+kind+" ")) {
			if count == 0 {
				return i
			}
			count--
		}
	}
	return -1
}

// rewritten is what a log operator can do who holds the log's key: other leaves, a new tree over them, every tile, checkpoint and
// proof made anew and signed. The trust names that (fresh) key under the same name. Only what the records say can refuse it.
func rewritten(in files, by *trust, edit func([][]byte) [][]byte) (files, *trust, note.Signer) {
	origin, tree, err := openCheckpoint(in["checkpoint"], by.logs)
	must(err)
	entries, err := leaves(in, tree.N)
	must(err)
	var own [][]byte
	for _, leaf := range entries {
		own = append(own, append([]byte(nil), leaf...))
	}
	entries = edit(own)
	private, public, err := note.GenerateKey(rand.Reader, origin)
	must(err)
	signer, err := note.NewSigner(private)
	must(err)
	verifier, err := note.NewVerifier(public)
	must(err)

	var stored []tlog.Hash
	hashes := readerOf(&stored)
	out := files{}
	entry := int64(-1)
	for i, leaf := range entries {
		more, err := tlog.StoredHashes(int64(i), leaf, hashes)
		must(err)
		stored = append(stored, more...)
		n := int64(i) + 1
		root, err := tlog.TreeHash(n, hashes)
		must(err)
		if n < 16 || n == int64(len(entries)) {
			out[fmt.Sprintf("checkpoints/%d", n)] = checkpoint(origin, n, root, signer)
		}
		if leaf[0] == '{' {
			entry = int64(i)
		}
	}
	size := int64(len(entries))
	out["checkpoint"] = out[fmt.Sprintf("checkpoints/%d", size)]
	for _, t := range treeTiles(size) {
		data, err := tlog.ReadTileData(t, hashes)
		must(err)
		out[ourPath(t)] = data
		if t.L == 0 {
			var bundle []byte
			for _, leaf := range entries[t.N*256 : t.N*256+int64(t.W)] {
				bundle = append(append(bundle, byte(len(leaf)>>8), byte(len(leaf))), leaf...)
			}
			t.L = -1
			out[ourPath(t)] = bundle
		}
	}
	if seal := kindAt(entries, "seal", 0); seal >= 0 {
		proof, err := tlog.ProveRecord(size, int64(seal), hashes)
		must(err)
		text := fmt.Sprintf("c2sp.org/tlog-proof@v1\nindex %d\n", seal)
		for _, h := range proof {
			text += h.String() + "\n"
		}
		out["seals/day.tlog-proof"] = append([]byte(text+"\n"), out["checkpoint"]...)
	}
	if entry < 0 {
		return out, &trust{logs: []note.Verifier{verifier}, operators: by.operators, collectors: by.collectors}, signer
	}
	proof, err := tlog.ProveRecord(size, entry, hashes)
	must(err)
	out["attestation.sigstore.json"] = withProof(in["attestation.sigstore.json"], entry, proof, out["checkpoint"])
	return out, &trust{logs: []note.Verifier{verifier}, operators: by.operators, collectors: by.collectors}, signer
}

func checkpoint(origin string, n int64, root tlog.Hash, signer note.Signer) []byte {
	text, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, n, root)}, signer)
	must(err)
	return text
}

func withProof(bundle []byte, index int64, proof tlog.RecordProof, checkpoint []byte) []byte {
	var all map[string]interface{}
	must(json.Unmarshal(bundle, &all))
	entry := all["verificationMaterial"].(map[string]interface{})["tlogEntries"].([]interface{})[0].(map[string]interface{})
	entry["inclusionProof"] = map[string]interface{}{
		"logIndex": fmt.Sprint(index), "hashes": proof, "checkpoint": map[string]string{"envelope": string(checkpoint)}}
	out, err := json.Marshal(all)
	must(err)
	return out
}

// tamperings lists what must be refused: first what anybody can do to the bytes, then what only the holder of the log's key can.
func tamperings(in files, by *trust) []tampering {
	var out []tampering
	bytewise := func(name, step, why string, edit func(files)) {
		altered := copyOf(in)
		edit(altered)
		out = append(out, tampering{name, step, why, altered, by})
	}
	_, tree, err := openCheckpoint(in["checkpoint"], by.logs)
	must(err)
	entries, err := leaves(in, tree.N)
	must(err)
	tile := ourPath(treeTiles(tree.N)[0])
	bundle := strings.Replace(tile, "tile/0/", "tile/entries/", 1)
	oldest := tree.N
	for path := range in {
		if n := int64(0); strings.HasPrefix(path, "checkpoints/") {
			if _, err := fmt.Sscanf(path, "checkpoints/%d", &n); err == nil && n < oldest {
				oldest = n
			}
		}
	}
	older := fmt.Sprintf("checkpoints/%d", oldest)
	line := func(text []byte, n int) int { // offset of line n
		at := 0
		for ; n > 0; n-- {
			at += bytes.IndexByte(text[at:], '\n') + 1
		}
		return at
	}
	turn := func(text []byte, at int) { // another letter of base64
		if text[at] == 'A' {
			text[at] = 'B'
		} else {
			text[at] = 'A'
		}
	}

	bytewise("a checkpoint with another root", "checkpoint", "invalid signature", func(f files) { turn(f["checkpoint"], line(f["checkpoint"], 2)+5) })
	bytewise("a checkpoint of another size", "checkpoint", "invalid signature", func(f files) {
		f["checkpoint"] = bytes.Replace(f["checkpoint"], []byte(fmt.Sprintf("\n%d\n", tree.N)), []byte(fmt.Sprintf("\n%d\n", tree.N-1)), 1)
	})
	bytewise("a checkpoint whose signature is altered", "checkpoint", "invalid signature", func(f files) { turn(f["checkpoint"], len(f["checkpoint"])-12) })
	bytewise("a checkpoint without its signature", "checkpoint", "malformed note", func(f files) { f["checkpoint"] = f["checkpoint"][:line(f["checkpoint"], 4)] })
	bytewise("an older checkpoint in the place of the newest", "tile set", "does not belong", func(f files) { f["checkpoint"] = f[older] })
	bytewise("a tile with one bit turned", "tiles", "inconsistent tile", func(f files) { f[tile][40] ^= 1 })
	bytewise("a bundle without a tile", "tile set", "is missing", func(f files) { delete(f, tile) })
	bytewise("a tile too many", "tile set", "does not belong", func(f files) { f["tile/1/000.p/7"] = make([]byte, 7*32) })
	bytewise("a tile under another spelling of its path", "tile set", "malformed tile path", func(f files) { f["tile/0/0.p/7"] = f[tile] })
	bytewise("a leaf with one bit turned", "entries", "leaf", func(f files) { f[bundle][60] ^= 1 })
	bytewise("two leaves exchanged", "entries", "leaf", func(f files) {
		var swapped []byte
		own := append([][]byte{entries[1], entries[0]}, entries[2:]...)
		if len(own) > 256 {
			own = own[:256]
		}
		for _, leaf := range own {
			swapped = append(append(swapped, byte(len(leaf)>>8), byte(len(leaf))), leaf...)
		}
		f[bundle] = swapped
	})
	bytewise("an entry bundle that is cut", "entries", "is cut", func(f files) { f[bundle] = f[bundle][:len(f[bundle])-1] })
	bytewise("an entry bundle with bytes after its leaves", "entries", "more than its leaves", func(f files) { f[bundle] = append(f[bundle], 0, 1, 'x') })
	bytewise("a stored checkpoint with another root", "consistency", "invalid signature", func(f files) { turn(f[older], line(f[older], 2)+5) })
	bytewise("a stored checkpoint under another size", "consistency", "of another size", func(f files) { f[older+"0"] = f[older] })
	for path := range in {
		if strings.HasPrefix(path, "seals/") {
			path := path
			bytewise("a seal's proof with another hash", "proofs", "invalid", func(f files) { turn(f[path], line(f[path], 2)+5) })
			bytewise("a seal's proof for another leaf", "proofs", "invalid", func(f files) {
				f[path] = bytes.Replace(f[path], []byte("\nindex "), []byte("\nindex 0\nindex "), 1)
				f[path] = append(f[path][:line(f[path], 2)], f[path][line(f[path], 3):]...)
			})
			break
		}
	}
	strangers := func(logs, operators []note.Verifier) *trust { return &trust{logs, operators, by.collectors} }
	out = append(out, tampering{"a log that the policy does not name", "checkpoint", "no verifiable signatures", in, strangers(nil, by.operators)})
	out = append(out, tampering{"operators that the policy does not name", "records", "no verifiable signatures", in, strangers(by.logs, nil)})

	return append(out, rewritings(in, by)...)
}

// grownTamperings lists what only a log of several tiles and of findings can show.
func grownTamperings(in files, by *trust) []tampering {
	var out []tampering
	_, tree, err := openCheckpoint(in["checkpoint"], by.logs)
	must(err)
	for _, t := range treeTiles(tree.N) {
		altered := copyOf(in)
		data := altered[ourPath(t)]
		data[len(data)/2] ^= 1
		out = append(out, tampering{ourPath(t) + " with one bit turned", "tiles", "inconsistent tile", altered, by})
	}
	exchanged := copyOf(in)
	exchanged["tile/0/001"], exchanged["tile/0/002"] = exchanged["tile/0/002"], exchanged["tile/0/001"]
	out = append(out, tampering{"two full tiles exchanged", "tiles", "inconsistent tile", exchanged, by})
	exchanged = copyOf(in)
	exchanged["tile/entries/001"], exchanged["tile/entries/002"] = exchanged["tile/entries/002"], exchanged["tile/entries/001"]
	out = append(out, tampering{"two entry bundles exchanged", "entries", "leaf 256", exchanged, by})

	rewrite := rewriter(in, by, &out)
	rewrite("a finding left out", "records", " follows record ", func(l [][]byte) [][]byte {
		i := kindAt(l, "find", 600)
		return append(l[:i], l[i+1:]...)
	})
	rewrite("a finding told twice", "records", " follows record ", func(l [][]byte) [][]byte {
		i := kindAt(l, "find", 600)
		return append(l[:i+1], l[i:]...)
	})
	rewrite("a finding made less severe", "records", "invalid signature", func(l [][]byte) [][]byte {
		for i := kindAt(l, "find", 0); ; i++ {
			if lower := bytes.Replace(l[i], []byte(`"sev":4`), []byte(`"sev":1`), 1); !bytes.Equal(lower, l[i]) {
				l[i] = lower
				return l
			}
		}
	})
	rewrite("a finding handed to the other agent", "records", "no verifiable signatures", func(l [][]byte) [][]byte {
		i := kindAt(l, "find", 600)
		if swapped := bytes.Replace(l[i], []byte("/a\""), []byte("/b\""), 1); !bytes.Equal(swapped, l[i]) {
			l[i] = swapped
		} else {
			l[i] = bytes.Replace(l[i], []byte("/b\""), []byte("/a\""), 1)
		}
		return l
	})
	return out
}

// rewriter appends logs that were written anew. Unchanged leaves under a fresh key must be accepted: then each is refused for its
// content alone.
func rewriter(in files, by *trust, out *[]tampering) func(name, step, why string, edit func([][]byte) [][]byte) {
	whole, trusted, _ := rewritten(in, by, func(l [][]byte) [][]byte { return l })
	_, err := verify(whole, trusted)
	must(err)
	return func(name, step, why string, edit func([][]byte) [][]byte) {
		f, t, _ := rewritten(in, by, edit)
		*out = append(*out, tampering{"a log written anew by the holder of its key: " + name, step, why, f, t})
	}
}

func rewritings(in files, by *trust) []tampering {
	var out []tampering
	rewrite := rewriter(in, by, &out)
	rewrite("a heartbeat with one number changed", "records", "invalid signature", func(l [][]byte) [][]byte {
		i := kindAt(l, "hb", 1)
		l[i] = bytes.Replace(l[i], []byte(`"rx":`), []byte(`"rx":1`), 1)
		return l
	})
	rewrite("a heartbeat left out", "records", "no verifiable signatures", func(l [][]byte) [][]byte {
		i := kindAt(l, "hb", 1)
		return append(l[:i], l[i+1:]...)
	})
	rewrite("a heartbeat told twice, under the key it already gave up", "records", "no verifiable signatures", func(l [][]byte) [][]byte {
		i := kindAt(l, "hb", 0)
		return append(l[:i+1], l[i:]...)
	})
	rewrite("the boot record left out", "records", "has not booted", func(l [][]byte) [][]byte {
		i := kindAt(l, "boot", 0)
		return append(l[:i], l[i+1:]...)
	})
	rewrite("an enrolment left out", "records", "is not enrolled", func(l [][]byte) [][]byte {
		i := kindAt(l, "enrol", 0)
		return append(l[:i], l[i+1:]...)
	})
	rewrite("a scope with another list of sources", "records", "invalid signature", func(l [][]byte) [][]byte {
		i := kindAt(l, "scope", 0)
		l[i] = bytes.Replace(l[i], []byte(`"sources":["`), []byte(`"sources":["x`), 1)
		return l
	})
	rewrite("a scope signed by a stranger under the operator's name", "records", "no verifiable signatures", func(l [][]byte) [][]byte {
		i := kindAt(l, "scope", 0)
		header, record, _ := bytes.Cut(l[i], []byte("\n"))
		text := record[:bytes.Index(record, []byte("\n\n"))+1]
		private, _, err := note.GenerateKey(rand.Reader, by.operators[0].Name())
		must(err)
		stranger, err := note.NewSigner(private)
		must(err)
		forged, err := note.Sign(&note.Note{Text: string(text)}, stranger)
		must(err)
		l[i] = append(append(append([]byte(nil), header...), '\n'), forged...)
		return l
	})
	rewrite("a receipt time set back", "records", "backwards", func(l [][]byte) [][]byte {
		i := kindAt(l, "hb", 1)
		header, record, _ := bytes.Cut(l[i], []byte("\n"))
		words := strings.Split(string(header), " ")
		words[3] = "1"
		l[i] = append([]byte(strings.Join(words, " ")+"\n"), record...)
		return l
	})
	rewrite("the receipt time of the first leaf changed, which no signature covers but beacons do", "records", "a beacon with another root", func(l [][]byte) [][]byte {
		header, record, _ := bytes.Cut(l[0], []byte("\n"))
		words := strings.Split(string(header), " ")
		words[3] = "1"
		l[0] = append([]byte(strings.Join(words, " ")+"\n"), record...)
		return l
	})

	// Two checkpoints of one size, both with a true signature: the fork that consistency proofs exist for.
	forked, trusted, signer := rewritten(in, by, func(l [][]byte) [][]byte { return l })
	origin, _, err := openCheckpoint(forked["checkpoint"], trusted.logs)
	must(err)
	forked["checkpoints/2"] = checkpoint(origin, 2, tlog.RecordHash([]byte("another history")), signer)
	return append(out, tampering{"a stored checkpoint of a forked log, truly signed", "consistency", "to 2: invalid transparency proof", forked, trusted})
}
