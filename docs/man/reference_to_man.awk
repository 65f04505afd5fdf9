# Makes sallyport.toml(5) out of docs/policy.md, so that there is one reference. Knows what that file uses: headings,
# paragraphs, lists, tables of keys, fenced examples, `code` and **bold**. Nothing else of Markdown.

function inline(text,   out, at, bold) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/\*\*/, "\001", text)
    out = ""
    while ((at = match(text, /[`\001]/)) > 0) {
        if (substr(text, at, 1) == "`") { open_code = !open_code; out = out substr(text, 1, at - 1) (open_code ? "\\fB" : "\\fR") }
        else { bold = !bold; out = out substr(text, 1, at - 1) (bold ? "\\fB" : "\\fR") }
        text = substr(text, at + 1)
    }
    open_code = 0
    return out text
}

function plain(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text
}

# Keeps a line that begins with a dot or a quote from being a request of roff.
function safe(text) { return text ~ /^[.']/ ? "\\&" text : text }

function row(line,   cells, count, i, text, rest) {
    sub(/^\| */, "", line)
    sub(/ *\|$/, "", line)
    count = split(line, cells, / +\| */)
    print ".TP\n" safe(inline(cells[1]))
    rest = ""
    for (i = 2; i <= count; ++i) {
        text = cells[i]
        if (text == "") continue
        if (i < count) text = (i == 2 && has_default ? "(" text ")" : text) ";"
        rest = rest (rest == "" ? "" : " ") text
    }
    sub(/;$/, "", rest)
    print safe(inline(rest == "" ? "\\&" : rest))
}

BEGIN {
    print ".TH SALLYPORT.TOML 5 \"\" \"Sallyport\" \"File Formats\""
    print ".SH NAME\nsallyport.toml \\- the policy of sallyportd\n.SH DESCRIPTION"
}

/^```/ { fenced = !fenced; print fenced ? ".PP\n.RS 4\n.nf" : ".fi\n.RE"; next }
fenced { print safe(plain($0)); next }
/^# / { next }
/^## / { in_table = 0; title = substr($0, 4); print ".SH " (title ~ /^\[/ ? inline(title) : toupper(inline(title))); next }
/^$/ { in_table = 0; print ".PP"; next }
/^\|[-|: ]+\|$/ { next }
/^\|/ {
    if (!in_table) { in_table = 1; has_default = $0 ~ /default/; next }   # the head of the table
    row($0)
    next
}
/^- / { print ".IP \\(bu 2\n" safe(inline(substr($0, 3))); next }
{ sub(/^ +/, ""); print safe(inline($0)) }

END { print ".SH SEE ALSO\n.BR sallyport (1),\n.BR sallyportd (8)" }
