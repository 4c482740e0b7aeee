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

_reeve_verbs='run check route tree list show start stop log doctor version'

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
	run) echo --packages --start --state --json --quiet --help ;;
	check) echo --manifest-only --packages --json --quiet --help ;;
	route) echo --packages --json --help ;;
	tree) echo --packages --manager --json --help ;;
	list) echo --manager --json --quiet --help ;;
	show) echo --plan --manager --json --help ;;
	start | stop) echo --manager --help ;;
	log) echo --follow --lines --manager --json --help ;;
	doctor) echo --json --help ;;
	version) echo --help ;;
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

_reeve_managers()
{
	local directory=${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/reeve}

	[[ $EUID -eq 0 ]] && directory=/run/reeve
	ls "${directory:-/tmp/reeve-$EUID}" 2>/dev/null
}

# The value of the option $1, of which $2 is there.
_reeve_value()
{
	case $1 in
	-p | --packages | --state) _reeve_directories "$2" ;;
	-m | --manager) _reeve_match "$2" < <(_reeve_managers) ;;
	--start) _reeve_match "$2" < <(_reeve_monikers) ;;
	esac
}

# The arguments that are no options, into "arguments"; the options that are
# handed on when reeve is asked, into "packages" and "manager".
_reeve_arguments()
{
	local i word value

	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		case $word in
		-p | --packages | -m | --manager | --start | --state | -n | \
			--lines)
			value=${words[++i]}
			;;
		--packages=* | --manager=*)
			value=${word#*=}
			;;
		-*)
			continue
			;;
		*)
			arguments+=("$word")
			continue
			;;
		esac
		# The option's own value is being typed.
		((i < ${#words[@]} - 1)) || break
		case $word in
		-p | --packages*) packages+=(-p "$value") ;;
		-m | --manager*) manager=(-m "$value") ;;
		esac
	done
}

# The argument of the verb at the cursor.
_reeve_argument()
{
	local verb=$1 cur=$2

	case $verb:${#arguments[@]} in
	run:0 | route:0 | tree:0 | check:*) _reeve_files "$cur" ;;
	route:1 | show:0 | log:0 | start:* | stop:*)
		_reeve_match "$cur" < <(_reeve_monikers)
		;;
	route:2)
		_reeve_match "$cur" < <(_reeve_capabilities "${arguments[1]}")
		;;
	esac
}

# After "--" of run stands a program and its arguments.
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
	[[ $verb == run ]] && _reeve_program "$cur" && return
	_reeve_arguments
	case $verb in
	run | route) root=${arguments[0]/#\~\//$HOME/} ;;
	esac
	if [[ $cur == --*=* ]]; then
		_reeve_value "${cur%%=*}" "${cur#*=}"
		return
	fi
	case $prev in
	-p | --packages | -m | --manager | --start | --state | -n | --lines)
		_reeve_value "$prev" "$cur"
		;;
	*)
		if [[ $cur == -* ]]; then
			_reeve_match "$cur" < <(
				printf '%s\n' $(_reeve_options "$verb")
			)
		else
			_reeve_argument "$verb" "$cur"
		fi
		;;
	esac
	if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
		prefix=${cur%"${cur##*:}"}
		for i in "${!COMPREPLY[@]}"; do
			COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}
		done
	fi
}

complete -F _reeve reeve
