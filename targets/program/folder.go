package program

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxEntries bounds how many files and folders of a Folder are looked at.
const maxEntries = 20_000

// Folder is an empty folder for one program: what it is to have as working folder, as HOME and as TMPDIR.
type Folder struct {
	Work, Home, Temp string
	path             string
}

// NewFolder makes a folder, which nobody else may enter.
func NewFolder() (*Folder, error) {
	path, err := os.MkdirTemp("", "authbench-")
	if err != nil {
		return nil, err
	}
	f := &Folder{Work: filepath.Join(path, "work"), Home: filepath.Join(path, "home"), Temp: filepath.Join(path, "temp"), path: path}
	for _, inner := range []string{f.Work, f.Home, f.Temp} {
		if err := os.Mkdir(inner, 0o700); err != nil {
			return nil, errors.Join(err, f.Remove())
		}
	}
	return f, nil
}

// Remove removes the folder with all it holds, also where a program has locked what is its own.
func (f *Folder) Remove() error {
	if os.RemoveAll(f.path) == nil {
		return nil
	}
	_ = f.walk(func(*os.Root, string, fs.FileInfo, error) error { return nil })
	return os.RemoveAll(f.path)
}

// File is what a program has left under a name.
type File struct {
	Name    string // relative to the folder, with slashes, such as home/.cache/x
	Content []byte // of a link, where it points to; of other things that are no ordinary files, nothing
	Cut     bool   // Content is not all of it
}

// Files are what a program has left, in the order of their names: of each at most maxFile bytes, and of all together, names
// included, at most maxTotal. A folder that it has made is there by its name alone, with a slash at its end. Links are not followed, and only ordinary files are opened. What cannot be read, or is beyond
// the limits, is named with Cut set and without content; after 20 000 names no more are looked at, and the last has Cut set.
func (f *Folder) Files(maxFile, maxTotal int) ([]File, error) {
	var files []File
	seen := 0
	err := f.walk(func(root *os.Root, name string, info fs.FileInfo, err error) error {
		if seen++; seen > maxEntries {
			if len(files) > 0 {
				files[len(files)-1].Cut = true
			}
			return fs.SkipAll
		}
		if info.IsDir() && err == nil {
			if strings.Contains(name, "/") { // below those that were there
				files = append(files, File{Name: name + "/"})
				maxTotal = max(maxTotal-len(name), 0)
			}
			return nil
		}
		file := File{Name: name, Cut: err != nil}
		maxTotal = max(maxTotal-len(name), 0)
		if err == nil {
			file.Content, file.Cut = content(root, name, info, min(maxFile, maxTotal))
		}
		maxTotal -= len(file.Content)
		files = append(files, file)
		return nil
	})
	return files, err
}

// walk visits all that is in the folder, and opens the folders in it that are locked: one that cannot be read nevertheless is
// visited again, with the error. What vanishes meanwhile is left out.
func (f *Folder) walk(visit func(*os.Root, string, fs.FileInfo, error) error) error {
	switch info, err := os.Lstat(f.path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("the folder of the program was replaced by something else")
	}
	_ = os.Chmod(f.path, 0o700)
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if name == "." {
			return err
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		info, gone := root.Lstat(name)
		if gone != nil {
			return nil
		}
		if mode := info.Mode(); info.IsDir() && mode.Perm()&0o700 != 0o700 {
			_ = root.Chmod(name, mode.Perm()|0o700)
		}
		return visit(root, name, info, err)
	})
}

// content reads what is under a name, at most max bytes, and says whether there is more.
func content(root *os.Root, name string, info fs.FileInfo, max int) (text []byte, cut bool) {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := root.Readlink(name)
		return []byte(target[:min(len(target), max)]), err != nil || len(target) > max
	case !info.Mode().IsRegular() || info.Size() == 0:
		return nil, false
	}
	file, err := open(root, name, info)
	if err != nil {
		return nil, true
	}
	defer file.Close()
	text, err = io.ReadAll(io.LimitReader(file, int64(max)+1))
	if len(text) > max {
		return text[:max], true
	}
	return text, err != nil
}

// open opens an ordinary file, and nothing that has taken its place: a pipe would be waited for.
func open(root *os.Root, name string, info fs.FileInfo) (*os.File, error) {
	const flags = os.O_RDONLY | syscall.O_NONBLOCK
	file, err := root.OpenFile(name, flags, 0)
	if errors.Is(err, fs.ErrPermission) {
		_ = root.Chmod(name, info.Mode().Perm()|0o400)
		file, err = root.OpenFile(name, flags, 0)
	}
	if err != nil {
		return nil, err
	}
	if now, err := file.Stat(); err != nil || !now.Mode().IsRegular() || !os.SameFile(now, info) {
		file.Close()
		return nil, errors.Join(err, fs.ErrNotExist)
	}
	return file, nil
}
