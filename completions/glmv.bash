# Completion of glmv for bash. Generated from the commands themselves by python -m tools.reference.generate: change them, not this file.

# COMMAND WHAT: what the value of an option, or an argument by its number, may be. Nothing: WHAT takes no value.
__glmv_value() {
    case "$1 $2" in
        'glmv describe -p' | 'glmv describe --prompt') value=text ;;
        'glmv describe -o' | 'glmv describe --output') value=file ;;
        'glmv describe --format') value=text ;;
        'glmv describe --extract') value='choice code' ;;
        'glmv describe --schema') value=file ;;
        'glmv describe -m' | 'glmv describe --model') value=model ;;
        'glmv describe --think-budget') value=text ;;
        'glmv describe --show-thinking') value='choice auto full collapsed none' ;;
        'glmv describe --render') value='choice live blocks plain' ;;
        'glmv describe --max-tokens') value=text ;;
        'glmv describe --stop') value=text ;;
        'glmv describe --temperature') value=text ;;
        'glmv describe --top-k') value=text ;;
        'glmv describe --top-p') value=text ;;
        'glmv describe --min-p') value=text ;;
        'glmv describe --repetition-penalty') value=text ;;
        'glmv describe --seed') value=text ;;
        'glmv describe --max-pixels') value=text ;;
        'glmv describe --min-image-tokens') value=text ;;
        'glmv describe --max-image-tokens') value=text ;;
        'glmv describe --animated') value='choice film first' ;;
        'glmv describe --fps') value=text ;;
        'glmv describe --max-frames') value=text ;;
        'glmv describe --max-video-tokens') value=text ;;
        'glmv describe --start') value=text ;;
        'glmv describe --end') value=text ;;
        'glmv describe --gpu-memory') value=text ;;
        'glmv describe --cpu-memory') value=text ;;
        'glmv describe --context') value=text ;;
        'glmv describe --threads') value=text ;;
        'glmv describe'' '[0-9]*) value=media ;;
        'glmv ask -a' | 'glmv ask --attach') value=media ;;
        'glmv ask -o' | 'glmv ask --output') value=file ;;
        'glmv ask --format') value=text ;;
        'glmv ask --extract') value='choice code' ;;
        'glmv ask --schema') value=file ;;
        'glmv ask -m' | 'glmv ask --model') value=model ;;
        'glmv ask --think-budget') value=text ;;
        'glmv ask --show-thinking') value='choice auto full collapsed none' ;;
        'glmv ask --render') value='choice live blocks plain' ;;
        'glmv ask --max-tokens') value=text ;;
        'glmv ask --stop') value=text ;;
        'glmv ask --temperature') value=text ;;
        'glmv ask --top-k') value=text ;;
        'glmv ask --top-p') value=text ;;
        'glmv ask --min-p') value=text ;;
        'glmv ask --repetition-penalty') value=text ;;
        'glmv ask --seed') value=text ;;
        'glmv ask --max-pixels') value=text ;;
        'glmv ask --min-image-tokens') value=text ;;
        'glmv ask --max-image-tokens') value=text ;;
        'glmv ask --animated') value='choice film first' ;;
        'glmv ask --fps') value=text ;;
        'glmv ask --max-frames') value=text ;;
        'glmv ask --max-video-tokens') value=text ;;
        'glmv ask --start') value=text ;;
        'glmv ask --end') value=text ;;
        'glmv ask --gpu-memory') value=text ;;
        'glmv ask --cpu-memory') value=text ;;
        'glmv ask --context') value=text ;;
        'glmv ask --threads') value=text ;;
        'glmv ask 1') value=text ;;
        'glmv chat --continue') value=text ;;
        'glmv chat -m' | 'glmv chat --model') value=model ;;
        'glmv chat --think-budget') value=text ;;
        'glmv chat --show-thinking') value='choice auto full collapsed none' ;;
        'glmv chat --render') value='choice live blocks plain' ;;
        'glmv chat --max-tokens') value=text ;;
        'glmv chat --stop') value=text ;;
        'glmv chat --temperature') value=text ;;
        'glmv chat --top-k') value=text ;;
        'glmv chat --top-p') value=text ;;
        'glmv chat --min-p') value=text ;;
        'glmv chat --repetition-penalty') value=text ;;
        'glmv chat --seed') value=text ;;
        'glmv chat --max-pixels') value=text ;;
        'glmv chat --min-image-tokens') value=text ;;
        'glmv chat --max-image-tokens') value=text ;;
        'glmv chat --animated') value='choice film first' ;;
        'glmv chat --fps') value=text ;;
        'glmv chat --max-frames') value=text ;;
        'glmv chat --max-video-tokens') value=text ;;
        'glmv chat --start') value=text ;;
        'glmv chat --end') value=text ;;
        'glmv chat --gpu-memory') value=text ;;
        'glmv chat --cpu-memory') value=text ;;
        'glmv chat --context') value=text ;;
        'glmv chat --threads') value=text ;;
        'glmv chat'' '[0-9]*) value=media ;;
        'glmv ground -o' | 'glmv ground --output') value=file ;;
        'glmv ground -m' | 'glmv ground --model') value=model ;;
        'glmv ground --think-budget') value=text ;;
        'glmv ground --max-tokens') value=text ;;
        'glmv ground --stop') value=text ;;
        'glmv ground --temperature') value=text ;;
        'glmv ground --top-k') value=text ;;
        'glmv ground --top-p') value=text ;;
        'glmv ground --min-p') value=text ;;
        'glmv ground --repetition-penalty') value=text ;;
        'glmv ground --seed') value=text ;;
        'glmv ground --max-pixels') value=text ;;
        'glmv ground --min-image-tokens') value=text ;;
        'glmv ground --max-image-tokens') value=text ;;
        'glmv ground --animated') value='choice film first' ;;
        'glmv ground --gpu-memory') value=text ;;
        'glmv ground --cpu-memory') value=text ;;
        'glmv ground --context') value=text ;;
        'glmv ground --threads') value=text ;;
        'glmv ground 1') value=media ;;
        'glmv ground 2') value=text ;;
        'glmv inspect -m' | 'glmv inspect --model') value=model ;;
        'glmv inspect -o' | 'glmv inspect --output') value=directory ;;
        'glmv inspect --max-pixels') value=text ;;
        'glmv inspect --min-image-tokens') value=text ;;
        'glmv inspect --max-image-tokens') value=text ;;
        'glmv inspect --animated') value='choice film first' ;;
        'glmv inspect --fps') value=text ;;
        'glmv inspect --max-frames') value=text ;;
        'glmv inspect --max-video-tokens') value=text ;;
        'glmv inspect --start') value=text ;;
        'glmv inspect --end') value=text ;;
        'glmv inspect --context') value=text ;;
        'glmv inspect'' '[0-9]*) value=media ;;
        'glmv plan --gpu-memory') value=text ;;
        'glmv plan --cpu-memory') value=text ;;
        'glmv plan --context') value=text ;;
        'glmv plan --gpus') value=text ;;
        'glmv plan --memory') value=text ;;
        'glmv plan 1') value=config ;;
        'glmv quantize --revision') value=text ;;
        'glmv quantize --threads') value=text ;;
        'glmv quantize 1') value=directory ;;
        'glmv quantize 2') value=directory ;;
        'glmv show 1') value=model ;;
        'glmv pull --name') value=text ;;
        'glmv pull --revision') value=text ;;
        'glmv pull --threads') value=text ;;
        'glmv pull 1') value=text ;;
        'glmv models default 1') value=model ;;
        'glmv models remove 1') value=kept ;;
        'glmv history list -n' | 'glmv history list --limit') value=text ;;
        'glmv history show --render') value='choice live blocks plain' ;;
        'glmv history show 1') value=text ;;
        'glmv history search -n' | 'glmv history search --limit') value=text ;;
        'glmv history search'' '[0-9]*) value=text ;;
        'glmv history export --format') value='choice md json' ;;
        'glmv history export -o' | 'glmv history export --output') value=file ;;
        'glmv history export 1') value=text ;;
        'glmv history rm'' '[0-9]*) value=text ;;
        *) value= ;;
    esac
}

# COMMAND: its subcommands and its options.
__glmv_words() {
    case $1 in
        'glmv')
            commands='describe ask chat ground inspect plan quantize show pull doctor models history'
            options='--version -h --help'
            ;;
        'glmv describe')
            commands=''
            options='-p --prompt --together --batch -o --output --jsonl --format --extract --schema -m --model --think --no-think --think-budget --show-thinking --render --no-color --json -q --quiet -v --verbose --max-tokens --stop --temperature --top-k --top-p --min-p --repetition-penalty --seed --max-pixels --min-image-tokens --max-image-tokens --animated --fps --max-frames --max-video-tokens --start --end --gpu-memory --cpu-memory --context --threads --pin --no-pin --history --no-history -h --help'
            ;;
        'glmv ask')
            commands=''
            options='-a --attach -o --output --jsonl --format --extract --schema -m --model --think --no-think --think-budget --show-thinking --render --no-color --json -q --quiet -v --verbose --max-tokens --stop --temperature --top-k --top-p --min-p --repetition-penalty --seed --max-pixels --min-image-tokens --max-image-tokens --animated --fps --max-frames --max-video-tokens --start --end --gpu-memory --cpu-memory --context --threads --pin --no-pin --history --no-history -h --help'
            ;;
        'glmv chat')
            commands=''
            options='--continue -m --model --think --no-think --think-budget --show-thinking --render --no-color -q --quiet -v --verbose --max-tokens --stop --temperature --top-k --top-p --min-p --repetition-penalty --seed --max-pixels --min-image-tokens --max-image-tokens --animated --fps --max-frames --max-video-tokens --start --end --gpu-memory --cpu-memory --context --threads --pin --no-pin --history --no-history -h --help'
            ;;
        'glmv ground')
            commands=''
            options='-o --output -m --model --think --no-think --think-budget --no-color --json -q --quiet -v --verbose --max-tokens --stop --temperature --top-k --top-p --min-p --repetition-penalty --seed --max-pixels --min-image-tokens --max-image-tokens --animated --gpu-memory --cpu-memory --context --threads --pin --no-pin --history --no-history -h --help'
            ;;
        'glmv inspect')
            commands=''
            options='-m --model -o --output --json --max-pixels --min-image-tokens --max-image-tokens --animated --fps --max-frames --max-video-tokens --start --end --context -h --help'
            ;;
        'glmv plan')
            commands=''
            options='--gpu-memory --cpu-memory --context --gpus --memory --json -h --help'
            ;;
        'glmv quantize')
            commands=''
            options='--search --revision --force --threads --pin --no-pin -h --help'
            ;;
        'glmv show')
            commands=''
            options='--verify --json -h --help'
            ;;
        'glmv pull')
            commands=''
            options='--name --revision --search --threads --pin --no-pin -h --help'
            ;;
        'glmv doctor')
            commands=''
            options='--json -h --help'
            ;;
        'glmv models')
            commands='default remove'
            options='--json -h --help'
            ;;
        'glmv models default')
            commands=''
            options='-h --help'
            ;;
        'glmv models remove')
            commands=''
            options='-y --yes -h --help'
            ;;
        'glmv history')
            commands='list show search export rm on off'
            options='-h --help'
            ;;
        'glmv history list')
            commands=''
            options='-n --limit --json -h --help'
            ;;
        'glmv history show')
            commands=''
            options='--thinking --render --json -h --help'
            ;;
        'glmv history search')
            commands=''
            options='-n --limit --json -h --help'
            ;;
        'glmv history export')
            commands=''
            options='--format -o --output -h --help'
            ;;
        'glmv history rm')
            commands=''
            options='--all -y --yes -h --help'
            ;;
        'glmv history on')
            commands=''
            options='-h --help'
            ;;
        'glmv history off')
            commands=''
            options='-h --help'
            ;;
    esac
}

# Files and directories that begin with $current; with an extension, only those files that have it.
__glmv_files() {
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        if [[ $1 == any || -d ${name/#\~\//$HOME/} || ${name,,} == *.@($1) ]]; then
            COMPREPLY+=("$name")
        fi
    done < <(compgen -f -- "$current")
}

__glmv_offer() {
    case $1 in
        choice\ *) COMPREPLY+=($(compgen -W "${1#choice }" -- "$current")) ;;
        model) __glmv_names models; __glmv_files / ;;
        config) __glmv_names models; __glmv_files json ;;
        kept) __glmv_names kept ;;
        directory) __glmv_files / ;;
        media) __glmv_files 'avif|bmp|gif|heic|heif|jp2|jpeg|jpg|pbm|pgm|png|ppm|psd|qoi|tif|tiff|webp|pdf|avi|flv|m2ts|m4v|mkv|mov|mp4|mpeg|mpg|mts|ogv|ts|webm|wmv' ;;
        file) __glmv_files any ;;
    esac
}

__glmv_names() {
    COMPREPLY+=($(compgen -W "$("${glmv/#\~\//$HOME/}" --complete "$1" 2>/dev/null)" -- "$current"))
}

_glmv() {
    local glmv=$1 current=${COMP_WORDS[COMP_CWORD]} command=glmv number=1 pending= value= word i commands options
    COMPREPLY=()
    __glmv_words "$command"
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = ]]; then # bash divides --option=value in three
            continue
        elif [[ -n $pending ]]; then
            pending=
        elif [[ $word == -?* ]]; then
            __glmv_value "$command" "$word"
            pending=$value
        elif [[ " $commands " == *" $word "* ]]; then
            command+=" $word"
            __glmv_words "$command"
        else
            number=$((number + 1))
        fi
    done
    [[ $current == = ]] && current=
    if [[ -z $pending && $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
        return
    fi
    if [[ $current == [\"\']* ]]; then
        current=${current:1}
    else
        IFS= read current <<<"$current" # without -r: takes backslashes away
    fi
    if [[ -n $pending ]]; then
        __glmv_offer "$pending"
    elif [[ -n $commands ]]; then
        COMPREPLY=($(compgen -W "$commands" -- "$current"))
    else
        __glmv_value "$command" "$number"
        __glmv_offer "$value"
    fi
}

complete -F _glmv glmv
