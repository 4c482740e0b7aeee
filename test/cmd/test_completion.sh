#!/bin/bash
# The completion for bash, asked as readline asks it: the words are broken at
# COMP_WORDBREAKS, and COMPREPLY is the answer. Around the real reeve stands a
# script that plays a running manager.
#
# test_completion.sh REEVE SOURCE_ROOT BUILD_ROOT

reeve=$(realpath "$1")
source=$2
build=$3
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/reeve" <<END
#!/bin/bash
if [[ \$1 == list ]]; then
	[[ \$* == "list -q -m 41" ]] && exec echo /other
	printf '%s\n' / /shop /shop/web /pool:one /pool:two
	exit
fi
if [[ \$1 == grants ]]; then
	[[ \$* == "grants --json -- /shop" ]] &&
		exec echo '{"depth":0,"capability":"x.Only","connections":[]}'
	echo '{"depth":0,"capability":"x.One","connections":[{"id":12,"ms":1}]}'
	echo '{"depth":1,"capability":"x.Two","grant":7,"connections":[]}'
	echo '{"depth":2,"capability":"x.Two","grant":7,"connections":[]}'
	exit
fi
exec "$reeve" "\$@"
END
chmod +x "$work/reeve"
. "$source/tools/completion/reeve.bash" || exit 1
cd "$build/examples" || exit 1

# Break $1 into COMP_WORDS as readline does.
break_words()
{
	local rest=$1

	COMP_WORDS=()
	while [[ -n $rest ]]; do
		if [[ $rest =~ ^[[:blank:]]+ ]]; then
			rest=${rest#"${BASH_REMATCH[0]}"}
			[[ -n $rest ]] || COMP_WORDS+=("")
		elif [[ $rest =~ ^([:=]+|[^:=[:blank:]]+) ]]; then
			COMP_WORDS+=("${BASH_REMATCH[0]}")
			rest=${rest#"${BASH_REMATCH[0]}"}
		fi
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMP_LINE=$1
	COMP_POINT=${#1}
}

# What is typed, and the words that are offered, in any order.
offers()
{
	local got want=${*:2}

	break_words "$1"
	COMPREPLY=(stale)
	_reeve "$work/reeve" "" ""
	got=$(printf '%s\n' "${COMPREPLY[@]}" | sort -u | tr '\n' ' ')
	want=$(printf '%s\n' $want | sort -u | tr '\n' ' ')
	if [[ $got != "$want" ]]; then
		echo "\"$1\": offered \"$got\", not \"$want\""
		failed=1
	fi
}

verbs='run check route tree list show start stop restart create destroy limit
top grants grant revoke restore why log doctor reach diff version call
exec explore graph compile lsp'
hippo=hippo/c/meta/c.cml

offers 'reeve ' $verbs help --help --version
offers 'reeve st' start stop
offers 'reeve nothing'
offers 'reeve help s' show start stop
offers 'reeve check --ma' --manifest-only
offers 'reeve list --' --manager --json --quiet --help
offers 'reeve start --json' --json

# Manifests.
offers 'reeve check hippo/c/meta/' $hippo
offers "reeve check $hippo hippo/c/m" hippo/c/meta
offers 'reeve run hippo/a/' hippo/a/meta hippo/a/bin
offers "reeve run $hippo " ''

# Directories, as the value of an option in all its forms.
offers 'reeve run --packages hippo/c/' hippo/c/meta
offers 'reeve run -p hippo/c/' hippo/c/meta
offers 'reeve run --packages=hippo/c/' hippo/c/meta
offers 'reeve log --lines ' ''

# Components of manifests.
offers "reeve route $hippo /" / /B /B/A /D
offers "reeve route $hippo /B" /B /B/A
offers "reeve route --packages hippo $hippo /D" /D
offers "reeve run $hippo --start /B/" /B/A
offers "reeve run --start /B/" ''
offers 'reeve route nothing.cml /' /

# Capabilities.
offers "reeve route $hippo /D " fuchsia.example.Foo
offers "reeve route $hippo /D fuchsia.x" ''
offers "reeve route $hippo /D fuchsia.example.Foo " ''

# Who reaches whom, and what is compared.
offers "reeve reach hippo/c/meta/" $hippo
offers "reeve reach $hippo --from /B" /B /B/A
offers "reeve reach $hippo --to=/D" /D
offers "reeve reach $hippo --provider /B/" /B/A
offers "reeve reach $hippo --of fuchsia.e" fuchsia.example.Foo
offers "reeve reach $hippo " ''
offers "reeve diff $hippo hippo/c/meta/" $hippo
offers "reeve diff $hippo $hippo " ''

# Pictures.
offers "reeve graph hippo/c/meta/" $hippo
offers 'reeve graph --format ' svg dot mermaid json
offers "reeve graph $hippo --format=s" svg
offers "reeve graph $hippo --moniker /B" /B /B/A
offers "reeve graph $hippo --capability " fuchsia.example.Foo
offers "reeve graph $hippo " ''

# Looking through a component's eyes.
offers 'reeve exec /sh' /shop /shop/web
offers 'reeve exec --start /shop/' /shop/web
offers 'reeve exec --st' --start
offers 'reeve explore -m 41 ' /other
offers 'reeve call /sh' /shop /shop/web
offers 'reeve call /shop x' x.Only
offers 'reeve call --timeout 3 /shop x' x.Only
offers "reeve doctor -f $hippo /D" /D
offers 'reeve doctor /sh' /shop /shop/web

# Components of a running manager.
offers 'reeve show ' / /shop /shop/web /pool:one /pool:two
offers 'reeve show /shop ' ''
offers 'reeve show --processes /sh' /shop /shop/web
offers 'reeve show --processes --lines ' ''
offers 'reeve stop /shop /shop/' /shop/web
offers 'reeve log /s' /shop /shop/web
offers 'reeve start -m 41 ' /other
offers 'reeve start --manager=41 ' /other

# What is granted, and taken back.
offers 'reeve grants /shop/' /shop/web
offers 'reeve grant /shop x.' x.One x.Two
offers 'reeve grant /shop --for 1h x.T' x.Two
offers 'reeve grant /shop x.One ' ''
offers 'reeve grant /shop --from ' parent self
offers 'reeve revoke /sh' /shop /shop/web
offers 'reeve revoke /shop ' x.Only
offers 'reeve revoke --grant ' 7
offers 'reeve revoke --connection ' 12
offers 'reeve revoke --audit /shop /pool:o' one
offers 'reeve why /shop ' x.Only
offers "reeve why -f $hippo /" / /B /B/A /D
offers "reeve why --file=$hippo /D " fuchsia.example.Foo
offers "reeve why -f hippo/c/meta/" $hippo

# What may be had.
offers 'reeve limit /pool:one m' memory_min= memory_max=
offers 'reeve limit /pool:one memory_max=1M cpu_' cpu_share= cpu_max=
offers 'reeve top --sort ' memory cpu name
offers 'reeve top --processes --sort ' mailbox cpu pid
offers 'reeve top --processes /shop/' /shop/web
offers 'reeve top -n 1 /shop/' /shop/web
offers 'reeve restart /shop/' /shop/web
offers 'reeve destroy /pool:one /pool:' one two
offers 'reeve create /sh' /shop /shop/web
offers 'reeve create /shop ' ''

# Behind a colon, readline has the beginning already.
offers 'reeve show /pool:t' two
offers 'reeve show /pool:' one two

# Programs.
offers 'reeve run -- bas' $(compgen -c bas)
offers 'reeve run -- ls hippo/c/' hippo/c/meta

# Answers are words, never commands.
cat >"$work/reeve" <<'END'
#!/bin/bash
echo '/$(touch ran)'
END
cd "$work" || exit 1
break_words 'reeve show /'
_reeve "$work/reeve" "" ""
if [[ -e ran || ${COMPREPLY[0]} != '/$(touch ran)' ]]; then
	echo "an answer was expanded: ${COMPREPLY[*]}"
	failed=1
fi

if command -v zsh >/dev/null; then
	zsh -n "$source/tools/completion/_reeve" || failed=1
fi
exit $failed
