package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// sure says what would be done and has a word typed before it is; --yes is for scripts.
func (c *cli) sure(yes bool, word, format string, args ...any) error {
	if yes {
		return nil
	}
	c.say(format, args...)
	if !terminal(os.Stdin) {
		return errUsage{fmt.Errorf("without a terminal, confirm with --yes")}
	}
	fmt.Fprintf(c.err, "Type %s to go on: ", word)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != word {
		return refuse("%q is not %q: nothing was changed", strings.TrimSpace(answer), word)
	}
	return nil
}

// A bytesBar shows how much of a file is read, on a terminal, and is silent elsewhere.
type bytesBar struct {
	progress *mpb.Progress
	line     *mpb.Bar
}

func (c *cli) bytesBar(name string, size int64) bytesBar {
	if !terminal(c.err) || c.json || size == 0 {
		return bytesBar{}
	}
	p := mpb.New(mpb.WithOutput(c.err), mpb.WithWidth(40))
	return bytesBar{p, p.AddBar(size, mpb.PrependDecorators(decor.Name(name)), mpb.AppendDecorators(decor.Percentage(), decor.Name(", "), decor.AverageETA(decor.ET_STYLE_GO), decor.Name(" left")))}
}

func (b bytesBar) at(n int64) {
	if b.line != nil {
		b.line.SetCurrent(n)
	}
}

func (b bytesBar) end() {
	if b.line != nil {
		b.line.Abort(false)
		b.progress.Wait()
	}
}
