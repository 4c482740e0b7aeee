# Completion of reeve(1) for bash.
#
# Verbs, the options of each, manifests by their ending, monikers and
# capabilities by asking reeve itself: of manifests when a root is named, of the
# running manager otherwise. What cannot be asked completes to nothing.
#
# Monikers have colons in them, at which readline breaks words; so the words are
# put together again first, and what readline has already is cut from the
# answers. What reeve answers is never given to compgen -W, which would expand
# it.

_reeve_verbs='run check route tree list show start stop restart create destroy limit top
grants grant revoke restore why log call exec explore doctor graph reach
diff compile lsp version'

# The words on the line, whole, into "words"; the one at the cursor is the last.
_reeve_words()
{
	local line=${COMP_LINE:0:COMP_POINT} i word

	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $i -eq 0 || $line == [[:blank:]]* ]]; then
			words+=("$word")
		else
			words[${#words[@]} - 1]+=$word
		fi
		line=${line#"${line%%[![:blank:]]*}"}
		line=${line#"$word"}
	done
}

# Lines that begin with $1, from standard input to COMPREPLY.
_reeve_match()
{
	local line

	COMPREPLY=()
	while IFS= read -r line; do
		[[ $line == "$1"* ]] && COMPREPLY+=("$line")
	done
}

# Options of a verb.
_reeve_options()
{
	case $1 in
	run)
		echo --packages --include --start --state --json --quiet --help
		;;
	check)
		echo --must-use --must-offer --manifest-only --packages \
			--include --json --quiet --help
		;;
	compile) echo --include --output --json --quiet --help ;;
	route) echo --packages --include --json --help ;;
	tree) echo --packages --include --manager --json --help ;;
	list) echo --manager --json --quiet --help ;;
	show)
		echo --file --packages --include --plan --processes --lines \
			--manager --json --help
		;;
	start | stop | restart | restore | create | destroy | limit)
		echo --manager --json --help
		;;
	top) echo --processes --rounds --sort --manager --json --help ;;
	grants) echo --all --manager --json --help ;;
	grant)
		echo --from --as --path --directory --storage --rights \
			--subdir --for --uses --no-transfer --restart \
			--quiet --manager --json --help
		;;
	revoke)
		echo --all --grant --connection --restart --audit --quiet \
			--manager --json --help
		;;
	why)
		echo --file --fix --apply --packages --include --manager --json \
			--help
		;;
	log) echo --audit --follow --lines --manager --json --help ;;
	reach)
		echo --from --to --of --provider --none --all --quiet \
			--packages --include --json --help
		;;
	diff)
		echo --fail-on-growth --all --quiet --packages --include \
			--json --help
		;;
	graph)
		echo --format --output --moniker --capability --packages \
			--include --json --help
		;;
	doctor) echo --file --packages --include --manager --json --help ;;
	exec) echo --start --bring --manager --help ;;
	explore) echo --start --bring --quiet --manager --help ;;
	call)
		echo --exposed --text --hex --timeout --manager --json --help
		;;
	lsp) echo --help ;;
	version) echo --json --help ;;
	esac
}

_reeve_files()
{
	compopt -o filenames 2>/dev/null
	_reeve_match "" < <(
		compgen -f -X '!*.cml' -- "$1"
		compgen -f -X '!*.cm' -- "$1"
		compgen -d -- "$1"
	)
}

_reeve_directories()
{
	compopt -o filenames 2>/dev/null
	_reeve_match "" < <(compgen -d -- "$1")
}

# The monikers of a tree of manifests, or of the running manager.
_reeve_monikers()
{
	if [[ -n $root ]]; then
		"$reeve" tree --json "${packages[@]}" -- "$root" 2>/dev/null |
			sed -n 's/^{"moniker":"\([^"]*\)".*/\1/p'
	else
		"$reeve" list -q "${manager[@]}" 2>/dev/null
	fi
}

# What a component of a tree of manifests uses and exposes.
_reeve_capabilities()
{
	"$reeve" route "${packages[@]}" -- "$root" "$1" 2>/dev/null |
		sed -n 's/^\([^ ].*\): \(routed\|broken\)$/\1/p'
}

# A member of each line that reeve grants has, of the running manager: $1, of the
# trees that reach the component $2 if there is one.
_reeve_granted()
{
	"$reeve" grants --json "${manager[@]}" -- ${2:+"$2"} 2>/dev/null |
		sed -n 's/.*[{,]"'"$1"'":"\{0,1\}\([^",]*\).*/\1/p' | sort -u
}

# What routes in a tree of manifests are called.
_reeve_drawn()
{
	"$reeve" graph --json "${packages[@]}" -- "$root" 2>/dev/null |
		sed -n 's/.*,"as":"\([^"]*\)".*/\1/p' | sort -u
}

# The numbers of live connections.
_reeve_connections()
{
	"$reeve" grants --json "${manager[@]}" 2>/dev/null |
		grep -o '{"id":[0-9]*' | cut -d: -f2
}

_reeve_limits='memory_min= memory_max= cpu_share= cpu_max= tasks_max= opens=
connections= channels= children= requests_per_second='

_reeve_managers()
{
	local directory=${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/reeve}

	[[ $EUID -eq 0 ]] && directory=/run/reeve
	ls "${directory:-/tmp/reeve-$EUID}" 2>/dev/null
}

# What the table of top can be sorted by.
_reeve_sort_keys()
{
	if [[ " ${words[*]} " == *' --processes '* ]]; then
		printf '%s\n' mailbox cpu pid
	else
		printf '%s\n' memory cpu name
	fi
}

# The value of the option $1, of which $2 is there.
_reeve_value()
{
	case $1 in
	-p | --packages | -I | --include | --state)
		_reeve_directories "$2"
		;;
	-m | --manager) _reeve_match "$2" < <(_reeve_managers) ;;
	--format) _reeve_match "$2" < <(printf '%s\n' svg dot mermaid json) ;;
	--output) compopt -o default 2>/dev/null ;;
	--moniker) _reeve_match "$2" < <(_reeve_monikers) ;;
	--capability) _reeve_match "$2" < <(_reeve_drawn) ;;
	--start) _reeve_match "$2" < <(_reeve_monikers) ;;
	-f | --file) _reeve_files "$2" ;;
	--bring)
		compopt -o filenames 2>/dev/null
		_reeve_match "" < <(compgen -f -- "$2")
		;;
	-s | --sort) _reeve_match "$2" < <(_reeve_sort_keys) ;;
	--to | --provider) _reeve_match "$2" < <(_reeve_monikers) ;;
	--of) _reeve_match "$2" < <(_reeve_drawn) ;;
	--from)
		if [[ ${words[1]} == reach ]]; then
			_reeve_match "$2" < <(_reeve_monikers)
		else
			_reeve_match "$2" < <(printf '%s\n' parent self)
		fi
		;;
	--rights) _reeve_match "$2" < <(printf '%s\n' r rw rx rw,execute) ;;
	--grant) _reeve_match "$2" < <(_reeve_granted grant) ;;
	--connection) _reeve_match "$2" < <(_reeve_connections) ;;
	esac
}

# Does the option $1 of the verb $2 take a value?
_reeve_takes_value()
{
	case $2:$1 in
	exec:--start | explore:--start) return 1 ;;
	*:--bring | *:--text | *:--hex | *:--timeout | doctor:-f) return 0 ;;
	reach:--to | reach:--of | reach:--provider | \
		graph:--format | graph:--output | graph:--moniker | graph:--capability | \
		compile:--output | *:-I | *:--include | \
		*:-p | *:--packages | *:-m | *:--manager | *:--start | *:--state | \
		*:-n | *:--lines | *:--rounds | *:-s | *:--sort | *:--from | \
		*:--as | *:--path | *:--rights | *:--subdir | *:--for | \
		*:--uses | *:--connection | revoke:--grant | why:-f | \
		*:--file) return 0 ;;
	esac
	return 1
}

# The arguments that are no options, into "arguments"; the options that are
# handed on when reeve is asked, into "packages" and "manager".
_reeve_arguments()
{
	local i word value

	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		if _reeve_takes_value "$word" "${words[1]}"; then
			value=${words[++i]}
		elif [[ $word == --*=* ]]; then
			value=${word#*=}
		elif [[ $word == -* ]]; then
			continue
		else
			arguments+=("$word")
			continue
		fi
		# The option's own value is being typed.
		((i < ${#words[@]} - 1)) || break
		case $word in
		-p | --packages*) packages+=(-p "$value") ;;
		-I | --include*) packages+=(-I "$value") ;;
		-m | --manager*) manager=(-m "$value") ;;
		-f | --file*) root=${value/#\~\//$HOME/} ;;
		esac
	done
}

# The argument of the verb at the cursor.
_reeve_argument()
{
	local verb=$1 cur=$2

	case $verb:${#arguments[@]} in
	run:0 | route:0 | tree:0 | graph:0 | reach:0 | check:* | compile:* | \
		diff:0 | diff:1) _reeve_files "$cur" ;;
	route:1 | show:0 | log:0 | top:0 | grants:0 | grant:0 | revoke:0 | \
		why:0 | create:0 | limit:0 | start:* | stop:* | restart:* | \
		restore:* | destroy:*)
		_reeve_match "$cur" < <(_reeve_monikers)
		;;
	route:2)
		_reeve_match "$cur" < <(_reeve_capabilities "${arguments[1]}")
		;;
	grant:1)
		_reeve_match "$cur" < <(_reeve_granted capability)
		;;
	revoke:1)
		if [[ " ${words[*]} " == *' --audit '* ]]; then
			_reeve_match "$cur" < <(_reeve_monikers)
		else
			_reeve_match "$cur" < <(
				_reeve_granted capability "${arguments[0]}"
			)
		fi
		;;
	exec:0 | explore:0 | call:0 | doctor:0)
		_reeve_match "$cur" < <(_reeve_monikers)
		;;
	call:1)
		_reeve_match "$cur" < <(
			_reeve_granted capability "${arguments[0]}"
		)
		;;
	why:1)
		if [[ -n $root ]]; then
			_reeve_match "$cur" < <(
				_reeve_capabilities "${arguments[0]}"
			)
		else
			_reeve_match "$cur" < <(
				_reeve_granted capability "${arguments[0]}"
			)
		fi
		;;
	limit:*)
		compopt -o nospace 2>/dev/null
		_reeve_match "$cur" < <(printf '%s\n' $_reeve_limits)
		;;
	esac
}

# After "--" of run and exec stands a program and its arguments.
_reeve_program()
{
	local i

	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		[[ ${words[i]} == -- ]] || continue
		compopt -o filenames 2>/dev/null
		if ((i == ${#words[@]} - 2)); then
			_reeve_match "" < <(compgen -c -- "$1")
		else
			_reeve_match "" < <(compgen -f -- "$1")
		fi
		return 0
	done
	return 1
}

_reeve()
{
	local reeve=$1 root='' cur prev verb i prefix
	local words=() arguments=() packages=() manager=()

	COMPREPLY=()
	_reeve_words
	cur=${words[${#words[@]} - 1]}
	prev=${words[${#words[@]} - 2]}
	verb=${words[1]}
	if ((${#words[@]} <= 2)); then
		_reeve_match "$cur" < <(
			printf '%s\n' $_reeve_verbs help --help --version
		)
		return
	fi
	if [[ $verb == help ]]; then
		_reeve_match "$cur" < <(printf '%s\n' $_reeve_verbs)
		return
	fi
	[[ $verb == run || $verb == exec ]] && _reeve_program "$cur" && return
	_reeve_arguments
	case $verb in
	run | route | graph | reach) root=${arguments[0]/#\~\//$HOME/} ;;
	esac
	if [[ $cur == --*=* ]]; then
		_reeve_value "${cur%%=*}" "${cur#*=}"
		return
	fi
	if _reeve_takes_value "$prev" "$verb"; then
		_reeve_value "$prev" "$cur"
	elif [[ $cur == -* ]]; then
		_reeve_match "$cur" < <(
			printf '%s\n' $(_reeve_options "$verb")
		)
	else
		_reeve_argument "$verb" "$cur"
	fi
	if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
		prefix=${cur%"${cur##*:}"}
		for i in "${!COMPREPLY[@]}"; do
			COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}
		done
	fi
}

complete -F _reeve reeve
