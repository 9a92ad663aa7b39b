package render

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
	"time"

	"broadsheet/internal/fault"
)

// What a theme may take. Ours needs a hundredth of each.
const (
	maxOutput = 4 << 20 // bytes
	maxSteps  = 100_000 // turns of loops and calls of templates
	maxTime   = 5 * time.Second
	maxText   = 64 << 10 // bytes that a function may give
)

// functions are all that themes may call; what they are given has no method that acts.
var functions = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "print", "printf",
	"mso", "msoOpen", "msoRow", "msoCell", "msoEnd", "wrap", "indent", "hang", "center", "underline", "rule", "contact", "status", "step"}

// guarded makes a parsed template safe to run whoever wrote it: it may call our
// functions only, and each turn of a loop and each template begins with a step,
// which ends the run when it takes too much.
func guarded(tree *parse.Tree) error {
	if tree == nil || tree.Root == nil {
		return nil
	}
	g := guard{tree: tree}
	g.list(tree.Root)
	g.count(tree.Root, tree.Root)
	return errors.Join(g.faults...)
}

type guard struct {
	tree   *parse.Tree
	faults []error
}

func (g *guard) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			g.pipe(n.Pipe)
		case *parse.TemplateNode:
			g.pipe(n.Pipe)
		case *parse.IfNode:
			g.branch(&n.BranchNode)
		case *parse.WithNode:
			g.branch(&n.BranchNode)
		case *parse.RangeNode:
			g.branch(&n.BranchNode)
			g.count(n, n.List)
		}
	}
}

// count lets a list begin with a step that says, if the run ends there, where owner stands.
func (g *guard) count(owner parse.Node, l *parse.ListNode) {
	where, _ := g.tree.ErrorContext(owner)
	line, _ := strconv.Atoi(strings.Split(where+"::", ":")[1]) // path:line:column
	l.Nodes = slices.Insert(l.Nodes, 0, stepNode(g.tree.ParseName, line))
}

func (g *guard) branch(n *parse.BranchNode) {
	g.pipe(n.Pipe)
	g.list(n.List)
	g.list(n.ElseList)
}

func (g *guard) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, command := range p.Cmds {
		for _, arg := range command.Args {
			switch arg := arg.(type) {
			case *parse.PipeNode:
				g.pipe(arg)
			case *parse.IdentifierNode:
				if !slices.Contains(functions, arg.Ident) {
					where, _ := g.tree.ErrorContext(arg)
					g.faults = append(g.faults, fmt.Errorf("%s: a theme has no function %q", where, arg.Ident))
				}
			}
		}
	}
}

// stepNode is {{$step := step}}: a declaration, which writes nothing and which
// html/template leaves as it is wherever it stands. It names itself by a file and a line.
func stepNode(path string, line int) parse.Node {
	trees, err := parse.Parse(path, strings.Repeat("\n", max(0, line-1))+"{{$step := step}}", "", "", map[string]any{"step": true})
	if err != nil {
		panic(err) // the text is constant
	}
	nodes := trees[path].Root.Nodes
	return nodes[len(nodes)-1]
}

// A meter counts what one run takes.
type meter struct {
	steps int
	until time.Time
	out   bytes.Buffer
}

func newMeter() *meter { return &meter{until: time.Now().Add(maxTime)} }

func (m *meter) step() (string, error) {
	if m.steps++; m.steps > maxSteps || time.Now().After(m.until) {
		return "", fault.Invalidf("the theme runs for too long: a loop or a template that calls itself")
	}
	return "", nil
}

// Write takes the output, up to its limit.
func (m *meter) Write(p []byte) (int, error) {
	if m.out.Len()+len(p) > maxOutput || time.Now().After(m.until) {
		return 0, fault.Invalidf("the theme writes more than %d kB", maxOutput>>10)
	}
	return m.out.Write(p)
}

// printed is print with a limit.
func printed(args ...any) (string, error) { return limited(fmt.Sprint(args...)) }

// formatted is printf with a limit, and without widths, with which two characters ask for gigabytes.
func formatted(format string, args ...any) (string, error) {
	for i, part := range strings.Split(strings.ReplaceAll(format, "%%", ""), "%") {
		if i > 0 && (part == "" || !strings.ContainsRune("svdqtTx", rune(part[0]))) {
			return "", fault.Invalidf("printf %q: themes have %%s, %%v, %%d and %%q, without widths", format)
		}
	}
	return limited(fmt.Sprintf(format, args...))
}

func limited(s string) (string, error) {
	if len(s) > maxText {
		return "", fault.Invalidf("a text of more than %d kB in a theme", maxText>>10)
	}
	return s, nil
}
