package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"broadsheet/internal/app"
	"broadsheet/subscribers"
	"broadsheet/subscribers/csvfile"

	"github.com/spf13/cobra"
)

// importing is what `subscriber import` was asked.
type importing struct {
	list, report, encoding, mode, revive, consent, consentDate, wording string
	maps                                                                []string
	dryRun, quiet, yes                                                  bool
}

func (c *cli) importCommand() *cobra.Command {
	var in importing
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Import subscribers from a file, with a word on every line",
		Long: `FILE is CSV, TSV, XLSX or JSON lines, or what listmonk or Mailchimp export; - is
standard input. The first line names the columns: email, name, first_name, last_name,
language, attributes (a JSON object), attr.NAME, and the evidence of consent:
consent_source, consent_date (YYYY-MM-DD), consent_wording. --map tells what other
columns are.

On a list that stands on consent, a row without evidence stays pending and is not
mailed, unless --consent vouches for the whole file; with may_ask, ` + "`list reconfirm`" + `
may ask that person. Nobody who left the list or is suppressed is brought back, but
by --revive, whose reason stands in their history. Importing twice changes nothing:
an import that was killed is simply run again. A file of more than some 6 MB is
taken in the order of its addresses, which is quicker, and so stands in the report.

--mode add leaves those who are on the list as they are; update (the default) takes
their names, languages and attributes from the file; sync besides ends the
subscriptions of those who are not in it, and shows them first.`,
		Example: `  broadsheet subscriber import people.csv --list members --report report.csv
  broadsheet subscriber import export.xlsx --list members --map "E-mail=address" --map Country=attr.country --dry-run
  broadsheet subscriber import staff.csv --list staff --mode sync --yes`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.importFile(ctx, a, args[0], in) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&in.list, "list", "", "the `LIST`")
	flags.StringVar(&in.mode, "mode", subscribers.ModeUpdate, "add, update or sync")
	flags.StringArrayVar(&in.maps, "map", nil, "what a column is, as `COLUMN=FIELD`, or a file of such lines (may stand more than once)")
	flags.StringVar(&in.encoding, "encoding", "", "the file's encoding, where it is not found out: windows-1252")
	flags.StringVar(&in.consent, "consent", "", "where those in the file consented, for rows that do not say so themselves")
	flags.StringVar(&in.consentDate, "consent-date", "", "and on what `DATE`")
	flags.StringVar(&in.wording, "consent-wording", "", "and to what words")
	flags.StringVar(&in.revive, "revive", "", "bring back who left or is suppressed, for this `REASON`")
	flags.StringVar(&in.report, "report", "", "write a CSV `FILE` of the lines that were refused or changed, with the reason and the line")
	flags.BoolVar(&in.dryRun, "dry-run", false, "say what would happen and change nothing")
	flags.BoolVar(&in.quiet, "quiet", false, "do not name refused lines on standard error")
	flags.BoolVar(&in.yes, "yes", false, "do not ask before subscriptions are ended (sync)")
	return c.withAs(cmd)
}

func (c *cli) importFile(ctx context.Context, a *app.App, path string, asked importing) (err error) {
	debug.SetMemoryLimit(importMemory)
	debug.SetGCPercent(400) // what is read is soon rubbish; the limit keeps it from growing
	in, err := c.imports(ctx, a, path, asked)
	if err != nil {
		return err
	}
	columns, err := mapping(asked.maps)
	if err != nil {
		return err
	}
	if in.Mode == subscribers.ModeSync && !asked.dryRun {
		if err := c.sureOfSync(ctx, a, path, in, csvfile.Options{Encoding: asked.encoding, Columns: columns}, asked.yes); err != nil {
			return err
		}
	}
	file, err := csvfile.Open(path, csvfile.Options{Encoding: asked.encoding, Columns: columns})
	if err != nil {
		return wrap(path, err)
	}
	defer file.Close()
	report, err := c.report(asked.report, file.Format.Names)
	if err != nil {
		return err
	}
	defer report.close()
	counts, err := c.runImport(ctx, people(a, asked.dryRun), path, in, file, func(r subscribers.Result) error {
		if r.Outcome == subscribers.Refused && !asked.quiet {
			c.say("%s:%d: %s", path, r.Line, r.Reason)
		}
		return report.write(r)
	})
	if closed := report.close(); err == nil {
		err = closed
	}
	if err != nil {
		return wrap(path, err)
	}
	return c.imported(counts, file.Format, asked.dryRun)
}

// importMemory is what an import needs at most besides the database's own memory,
// in octets: above it rubbish is collected more often.
const importMemory = 100 << 20

func wrap(path string, err error) error { return fmt.Errorf("%s: %w", path, err) }

// imports puts together what the rules are told.
func (c *cli) imports(ctx context.Context, a *app.App, path string, asked importing) (subscribers.Import, error) {
	l, err := c.wanted(ctx, a, asked.list)
	if err != nil {
		return subscribers.Import{}, err
	}
	in := subscribers.Import{List: l, Mode: asked.mode, Revive: asked.revive, Act: c.act("import")}
	if asked.consent == "" && (asked.consentDate != "" || asked.wording != "") {
		return in, errUsage{fmt.Errorf("--consent is missing: where did they consent?")}
	}
	if asked.consent == "" {
		return in, nil
	}
	given, err := time.Parse(time.DateOnly, asked.consentDate)
	if err != nil {
		return in, errUsage{fmt.Errorf("--consent needs --consent-date, a day such as 2026-03-01")}
	}
	in.Consent = &subscribers.Consent{Source: asked.consent, Wording: asked.wording, GivenAt: given}
	return in, nil
}

// mapping reads --map: COLUMN=FIELD, or the name of a file of such lines.
func mapping(asked []string) (map[string]string, error) {
	columns := map[string]string{}
	for _, text := range asked {
		lines := []string{text}
		if !strings.Contains(text, "=") {
			content, err := os.ReadFile(text)
			if err != nil {
				return nil, errUsage{fmt.Errorf("--map %q is neither COLUMN=FIELD nor a file: %w", text, err)}
			}
			lines = strings.Split(string(content), "\n")
		}
		for _, line := range lines {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			at := strings.LastIndexByte(line, '=')
			if at < 1 {
				return nil, errUsage{fmt.Errorf("--map: %q is not COLUMN=FIELD", line)}
			}
			columns[strings.TrimSpace(line[:at])] = strings.TrimSpace(line[at+1:])
		}
	}
	return columns, nil
}

func (c *cli) runImport(ctx context.Context, people *subscribers.Service, path string, in subscribers.Import, file *csvfile.File, each func(subscribers.Result) error) (map[subscribers.Outcome]int, error) {
	counts := map[subscribers.Outcome]int{}
	for _, o := range outcomesOfImports {
		counts[o] = 0
	}
	bar := c.bytesBar("importing "+path+" ", file.Size)
	defer bar.end()
	err := people.Import(ctx, in, file.Rows(), func(r subscribers.Result) error {
		counts[r.Outcome]++
		bar.at(file.Taken())
		return each(r)
	})
	return counts, err
}

// sureOfSync runs the import dry and asks before anybody's subscription is ended.
func (c *cli) sureOfSync(ctx context.Context, a *app.App, path string, in subscribers.Import, o csvfile.Options, yes bool) error {
	if path == "-" {
		return errUsage{fmt.Errorf("--mode sync reads the file twice: it cannot come from standard input")}
	}
	file, err := csvfile.Open(path, o)
	if err != nil {
		return wrap(path, err)
	}
	defer file.Close()
	counts, err := c.runImport(ctx, people(a, true), path, in, file, func(subscribers.Result) error { return nil })
	if err != nil || counts[subscribers.Gone] == 0 {
		return err
	}
	return c.sure(yes, in.List.ID, "%d people are not in %s (or left there): their subscriptions to %s would end", counts[subscribers.Gone], path, in.List.ID)
}

var outcomesOfImports = []subscribers.Outcome{subscribers.Added, subscribers.Waiting, subscribers.Changed, subscribers.Unchanged, subscribers.Refused, subscribers.Gone}

func (c *cli) imported(counts map[subscribers.Outcome]int, format csvfile.Format, dryRun bool) error {
	if len(format.LeftOut) > 0 {
		c.say("columns that mean nothing here were left out: %s (--map COLUMN=attr.NAME keeps one)", strings.Join(format.LeftOut, ", "))
	}
	if err := c.print(counts, func() error {
		parts := []string{}
		for _, o := range outcomesOfImports {
			if o != subscribers.Gone || counts[o] > 0 {
				parts = append(parts, fmt.Sprintf("%s %d", o, counts[o]))
			}
		}
		_, err := fmt.Fprintln(c.out, strings.Join(parts, ", "))
		return err
	}); err != nil {
		return err
	}
	if counts[subscribers.Waiting] > 0 && !dryRun {
		c.say("who is pending is not mailed: there is no evidence of their consent")
	}
	if n := counts[subscribers.Refused]; n > 0 {
		return refuse("lines refused: %d; the others are %s", n, map[bool]string{false: "imported", true: "good"}[dryRun])
	}
	return nil
}

// importReport is a CSV file of what was refused or changed; nil writes nothing.
type importReport struct {
	file *os.File
	csv  *csv.Writer
}

func (c *cli) report(path string, columns []string) (*importReport, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	r := &importReport{file, csv.NewWriter(file)}
	return r, r.csv.Write(append([]string{"line", "address", "outcome", "reason"}, columns...))
}

func (r *importReport) write(result subscribers.Result) error {
	if r == nil || result.Outcome == subscribers.Added || result.Outcome == subscribers.Unchanged && result.Reason == "" {
		return nil
	}
	record := append([]string{fmt.Sprint(result.Line), result.Address, string(result.Outcome), result.Reason}, result.Text...)
	for i := range record {
		record[i] = csvfile.Neutralise(record[i])
	}
	return r.csv.Write(record)
}

// close writes what is left; a second time it does nothing.
func (r *importReport) close() error {
	if r == nil || r.file == nil {
		return nil
	}
	r.csv.Flush()
	err := r.csv.Error()
	if closed := r.file.Close(); err == nil {
		err = closed
	}
	r.file = nil
	return err
}
