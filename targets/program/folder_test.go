//go:build unix

package program

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func newFolder(t *testing.T) *Folder {
	t.Helper()
	f, err := NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Remove(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(f.path); err == nil {
			t.Errorf("%s is still there", f.path)
		}
	})
	return f
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(path), 0o700))
	check(t, os.WriteFile(path, []byte(text), 0o600))
}

func files(t *testing.T, f *Folder, maxFile, maxTotal int) map[string]string {
	t.Helper()
	list, err := f.Files(maxFile, maxTotal)
	check(t, err)
	found := map[string]string{}
	for _, file := range list {
		found[file.Name] = string(file.Content)
		if file.Cut {
			found[file.Name] += "..."
		}
	}
	return found
}

func expect(t *testing.T, got, want map[string]string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("found %q", got)
	}
}

func TestAFolderHoldsWhatAProgramLeft(t *testing.T) {
	f := newFolder(t)
	for _, inner := range []string{f.Work, f.Home, f.Temp} {
		if info, err := os.Stat(inner); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
	}
	expect(t, files(t, f, 100, 1000), map[string]string{})
	c := script("mkdir -p $HOME/.cache/deep; echo token > $HOME/.cache/deep/x; echo log > here; printf t > $TMPDIR/t")
	c.Dir, c.Env = f.Work, append(c.Env, "HOME="+f.Home, "TMPDIR="+f.Temp)
	if r := start(t, c).Wait(); r.Exit != 0 {
		t.Fatalf("%+v", r)
	}
	expect(t, files(t, f, 100, 1000), map[string]string{
		"home/.cache/": "", "home/.cache/deep/": "", "home/.cache/deep/x": "token\n", "work/here": "log\n", "temp/t": "t",
	})
}

func TestNoLinkIsFollowedAndNoPipeIsOpened(t *testing.T) {
	f, outside := newFolder(t), t.TempDir()
	put(t, outside+"/secret", "not to be read")
	put(t, f.Work+"/plain", "plain")
	check(t, os.Symlink(outside+"/secret", f.Work+"/link"))
	check(t, os.Symlink(outside, f.Work+"/folder"))
	check(t, os.Symlink("plain", f.Work+"/near"))
	check(t, os.Symlink("/no/such", f.Work+"/dangling"))
	check(t, syscall.Mkfifo(f.Work+"/pipe", 0o600))
	socket, err := net.Listen("unix", f.Work+"/socket")
	check(t, err)
	defer socket.Close()
	check(t, os.Remove(f.Temp))
	check(t, os.Symlink(outside, f.Temp))
	expect(t, files(t, f, 1000, 1000), map[string]string{
		"work/plain": "plain", "work/link": outside + "/secret", "work/folder": outside, "work/near": "plain",
		"work/dangling": "/no/such", "work/pipe": "", "work/socket": "", "temp": outside,
	})
	if text, err := os.ReadFile(outside + "/secret"); err != nil || string(text) != "not to be read" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWhatIsLockedIsOpened(t *testing.T) {
	f := newFolder(t)
	put(t, f.Home+"/a/b/file", "deep")
	put(t, f.Home+"/c/file", "there")
	for _, path := range []string{"/a/b/file", "/a/b", "/a", "/c", ""} {
		check(t, os.Chmod(f.Home+path, 0))
	}
	check(t, os.Chmod(f.path, 0))
	expect(t, files(t, f, 100, 1000), map[string]string{
		"home/a/": "", "home/a/b/": "", "home/a/b/file": "deep", "home/c/": "", "home/c/file": "there",
	})
	for _, path := range []string{"/a/b", "/a", "/c", ""} { // for Remove
		check(t, os.Chmod(f.Home+path, 0))
	}
}

func TestWhatIsReadIsBounded(t *testing.T) {
	f := newFolder(t)
	put(t, f.Work+"/a", strings.Repeat("a", 10))
	put(t, f.Work+"/b", strings.Repeat("b", 11))
	check(t, os.Symlink("/1234567890", f.Work+"/c"))
	put(t, f.Work+"/d", "")
	put(t, f.Work+"/e", "e")
	check(t, os.Truncate(f.Work+"/a", 1<<40))
	expect(t, files(t, f, 10, 1000), map[string]string{
		"work/a": strings.Repeat("a", 10) + "...", "work/b": strings.Repeat("b", 10) + "...", "work/c": "/123456789...",
		"work/d": "", "work/e": "e",
	})
	// Three names of 6 bytes, and what they hold.
	expect(t, files(t, f, 10, 18+10+10+4), map[string]string{
		"work/a": strings.Repeat("a", 10) + "...", "work/b": strings.Repeat("b", 10) + "...", "work/c": "/123...",
		"work/d": "", "work/e": "...",
	})
	for i := range maxEntries {
		check(t, os.Link(f.Work+"/d", fmt.Sprint(f.Home, "/", i)))
	}
	list, err := f.Files(10, 1<<20)
	if last := list[len(list)-1]; err != nil || len(list) > maxEntries || !last.Cut || list[0].Cut {
		t.Errorf("%d files, the last %+v, %v", len(list), last, err)
	}
}

func TestWhatVanishesIsLeftOut(t *testing.T) {
	f := newFolder(t)
	put(t, f.Home+"/a", "")
	put(t, f.Home+"/b", "")
	put(t, f.Home+"/c/file", "")
	put(t, f.Work+"/d", "text")
	var visited []string
	check(t, f.walk(func(root *os.Root, name string, info fs.FileInfo, err error) error {
		switch name {
		case "home/a":
			check(t, os.Remove(f.Home+"/b"))
		case "home/c":
			check(t, os.RemoveAll(f.Home+"/c"))
		case "work/d": // becomes something that is waited for when it is opened
			check(t, os.Remove(f.Work+"/d"))
			check(t, syscall.Mkfifo(f.Work+"/d", 0o600))
			if text, cut := content(root, name, info, 10); len(text) > 0 || !cut {
				t.Errorf("read %q from what has changed", text)
			}
		}
		visited = append(visited, name)
		return err
	}))
	if want := []string{"home", "home/a", "home/c", "temp", "work", "work/d"}; !reflect.DeepEqual(visited, want) {
		t.Errorf("visited %q", visited)
	}
	check(t, os.RemoveAll(f.path))
	expect(t, files(t, f, 10, 100), map[string]string{})
	check(t, os.Symlink(t.TempDir(), f.path))
	if list, err := f.Files(10, 100); err == nil {
		t.Errorf("a link in its place is followed to %v", list)
	}
}

func TestNoFolderWhereNoneCanBe(t *testing.T) {
	t.Setenv("TMPDIR", "/no/such/folder")
	if f, err := NewFolder(); err == nil {
		t.Errorf("it is %+v", f)
	}
}
