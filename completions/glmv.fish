# Completion of glmv for fish. Generated from the commands themselves by python -m tools.reference.generate: change them, not this file.
set -g __glmv_commands 'glmv describe' 'glmv ask' 'glmv chat' 'glmv ground' 'glmv inspect' 'glmv plan' 'glmv quantize' 'glmv show' 'glmv pull' 'glmv doctor' 'glmv models' 'glmv models default' 'glmv models remove'
set -g __glmv_valued 'glmv describe -p' 'glmv describe --prompt' 'glmv describe -o' 'glmv describe --output' 'glmv describe --format' 'glmv describe --extract' 'glmv describe --schema' 'glmv describe -m' 'glmv describe --model' 'glmv describe --think-budget' 'glmv describe --show-thinking' 'glmv describe --render' 'glmv describe --max-tokens' 'glmv describe --stop' 'glmv describe --temperature' 'glmv describe --top-k' 'glmv describe --top-p' 'glmv describe --min-p' 'glmv describe --repetition-penalty' 'glmv describe --seed' 'glmv describe --max-pixels' 'glmv describe --min-image-tokens' 'glmv describe --max-image-tokens' 'glmv describe --animated' 'glmv describe --gpu-memory' 'glmv describe --cpu-memory' 'glmv describe --context' 'glmv describe --threads' 'glmv ask -a' 'glmv ask --attach' 'glmv ask -o' 'glmv ask --output' 'glmv ask --format' 'glmv ask --extract' 'glmv ask --schema' 'glmv ask -m' 'glmv ask --model' 'glmv ask --think-budget' 'glmv ask --show-thinking' 'glmv ask --render' 'glmv ask --max-tokens' 'glmv ask --stop' 'glmv ask --temperature' 'glmv ask --top-k' 'glmv ask --top-p' 'glmv ask --min-p' 'glmv ask --repetition-penalty' 'glmv ask --seed' 'glmv ask --max-pixels' 'glmv ask --min-image-tokens' 'glmv ask --max-image-tokens' 'glmv ask --animated' 'glmv ask --gpu-memory' 'glmv ask --cpu-memory' 'glmv ask --context' 'glmv ask --threads' 'glmv chat -m' 'glmv chat --model' 'glmv chat --think-budget' 'glmv chat --show-thinking' 'glmv chat --render' 'glmv chat --max-tokens' 'glmv chat --stop' 'glmv chat --temperature' 'glmv chat --top-k' 'glmv chat --top-p' 'glmv chat --min-p' 'glmv chat --repetition-penalty' 'glmv chat --seed' 'glmv chat --max-pixels' 'glmv chat --min-image-tokens' 'glmv chat --max-image-tokens' 'glmv chat --animated' 'glmv chat --gpu-memory' 'glmv chat --cpu-memory' 'glmv chat --context' 'glmv chat --threads' 'glmv ground -o' 'glmv ground --output' 'glmv ground -m' 'glmv ground --model' 'glmv ground --think-budget' 'glmv ground --show-thinking' 'glmv ground --render' 'glmv ground --max-tokens' 'glmv ground --stop' 'glmv ground --temperature' 'glmv ground --top-k' 'glmv ground --top-p' 'glmv ground --min-p' 'glmv ground --repetition-penalty' 'glmv ground --seed' 'glmv ground --max-pixels' 'glmv ground --min-image-tokens' 'glmv ground --max-image-tokens' 'glmv ground --animated' 'glmv ground --gpu-memory' 'glmv ground --cpu-memory' 'glmv ground --context' 'glmv ground --threads' 'glmv inspect -m' 'glmv inspect --model' 'glmv inspect -o' 'glmv inspect --output' 'glmv inspect --max-pixels' 'glmv inspect --min-image-tokens' 'glmv inspect --max-image-tokens' 'glmv inspect --animated' 'glmv plan --gpu-memory' 'glmv plan --cpu-memory' 'glmv plan --context' 'glmv plan --gpus' 'glmv plan --memory' 'glmv quantize --revision' 'glmv quantize --threads' 'glmv pull --name' 'glmv pull --revision' 'glmv pull --threads'

# The command on the line, as "glmv models default", and then how many arguments of it stand before the cursor.
function __glmv_line
    set -l command glmv
    set -l number 0
    set -l pending no
    for word in (commandline -opc)[2..-1]
        if test $pending = yes
            set pending no
        else if string match -q -- '-*' $word
            if contains -- "$command $word" $__glmv_valued
                set pending yes
            end
        else if contains -- "$command $word" $__glmv_commands
            set command "$command $word"
        else
            set number (math $number + 1)
        end
    end
    echo $command
    echo $number
end

# COMMAND [LEAST [MOST]]: whether that is the command, and so many arguments stand before the cursor.
function __glmv_at
    set -l line (__glmv_line)
    test "$line[1]" = "$argv[1]"; or return 1
    set -q argv[2]; or return 0
    test $line[2] -ge $argv[2]; or return 1
    not set -q argv[3]; or test $line[2] -le $argv[3]
end

# PATTERN: files whose names match it, and directories.
function __glmv_files
    complete -C "'' "(commandline -ct) | string match -r -i -- "^[^\t]*(?:/|$argv[1])(?:\t.*)?\$"
end

# models or kept: as glmv itself says.
function __glmv_names
    set -l glmv (string replace -r '^~/' "$HOME/" -- (commandline -opc)[1])
    command $glmv --complete $argv[1] 2>/dev/null
end

complete -c glmv -f

complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a describe -d 'Say what is in pictures and films'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a ask -d 'Ask a question, with or without pictures and films'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a chat -d 'Talk with a model about pictures, films or anything'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a ground -d 'Find something in a picture'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a inspect -d 'Show what a model will see of pictures and films, and how many tokens they cost'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a plan -d 'Say where a model\'s parts will go, whether they fit, and about how fast that can be'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a quantize -d 'Turn a checkpoint into glmv\'s 4-bit format, experts included'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a show -d 'Say what a model is: its family, its size by part, where it comes from, and whether it is whole'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a pull -d 'Download a model, and make it 4-bit on the way'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a doctor -d 'Say what this machine has for glmv, what is wrong, and what to do about it'
complete -c glmv -n '__glmv_at \'glmv\' 0 0' -a models -d 'List the models on this machine, choose the default, remove one'
complete -c glmv -n '__glmv_at \'glmv\'' -l version -d 'Show the version'
complete -c glmv -n '__glmv_at \'glmv\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv describe\' 0' -a '(__glmv_files \'\\\\.(?:avif|bmp|gif|jpeg|jpg|png|tif|tiff|webp|avi|m4v|mkv|mov|mp4|mpeg|mpg|ts|webm)\')'
complete -c glmv -n '__glmv_at \'glmv describe\'' -s p -l prompt -x -d 'Ask this instead of \'Describe this …\''
complete -c glmv -n '__glmv_at \'glmv describe\'' -l together -d 'Put all files into one question instead of one each'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l batch -d 'Take directories and patterns, too, and print a line of JSON for each file'
complete -c glmv -n '__glmv_at \'glmv describe\'' -s o -l output -x -a '(__glmv_files \'.\')' -d 'Write to FILE, which is replaced when all is done; until then it is FILE.partial'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l jsonl -d 'Print JSON, one object a line, for one answer too'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l format -x -d 'Print each answer in this form, as \'{source}: {answer}\'; a wrong field lists them all'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l extract -x -a 'code' -d 'Print the first code block of the answer only'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l schema -x -a '(__glmv_files \'.\')' -d 'Make the answer JSON that the JSON schema in FILE allows'
complete -c glmv -n '__glmv_at \'glmv describe\'' -s m -l model -x -a '(__glmv_names models) (__glmv_files \'/\')' -d 'A model of \'glmv models\', or a checkpoint directory'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l think -l no-think -d 'Whether the model reasons first'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l think-budget -x -d 'End the reasoning after N tokens, and have the answer'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l show-thinking -x -a 'auto full collapsed none' -d 'How to show the reasoning, on stderr; collapsed: as one line; auto: so on a terminal, else none'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l render -x -a 'live blocks plain' -d 'How to show the answer on a terminal: as Markdown that grows, its finished blocks only, or bare text'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l no-color -d 'No colours; likewise with NO_COLOR in the environment'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l json -d 'Print JSON: one object, or one a line for several answers'
complete -c glmv -n '__glmv_at \'glmv describe\'' -s q -l quiet -d 'No notes and no progress; errors only'
complete -c glmv -n '__glmv_at \'glmv describe\'' -s v -l verbose -d 'After each answer, its tokens, rates and memory'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l max-tokens -x -d 'Stop after N tokens, those of the reasoning included'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l stop -x -d 'End the answer before this text; may be given again'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l temperature -x -d 'How freely to choose words; 0: always the likeliest'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l top-k -x -d 'Choose among the N likeliest tokens; 0: among all'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l top-p -x -d 'Choose among the likeliest tokens that together have this probability; 1: among all'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l min-p -x -d 'Choose among tokens with at least this share of the likeliest one\'s probability; 0: among all'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l repetition-penalty -x -d 'Above 1, avoid tokens of question and answer so far'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l seed -x -d 'Make random choices repeatable'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l max-pixels -x -d 'Refuse pictures and frames with more pixels than this'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l min-image-tokens -x -d 'Enlarge pictures that would take fewer tokens than this'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l max-image-tokens -x -d 'Make pictures smaller that would take more tokens than this'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l animated -x -a 'film first' -d 'What is shown of an animated GIF, WebP, PNG or AVIF: all, or its first frame'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l gpu-memory -x -d 'Use at most this much of each GPU, as 20GiB; 0: no GPU'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l cpu-memory -x -d 'Use at most this much main memory; experts beyond it are read from disk'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l context -x -d 'Make room for N tokens of prompt and answer together, as 32k'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l threads -x -d 'Compute with N threads'
complete -c glmv -n '__glmv_at \'glmv describe\'' -l pin -l no-pin -d 'Whether each thread is bound to a processor of its own'
complete -c glmv -n '__glmv_at \'glmv describe\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv ask\'' -s a -l attach -x -a '(__glmv_files \'\\\\.(?:avif|bmp|gif|jpeg|jpg|png|tif|tiff|webp|avi|m4v|mkv|mov|mp4|mpeg|mpg|ts|webm)\')' -d 'A picture or film, its address, or - for stdin (text, too); may be given again'
complete -c glmv -n '__glmv_at \'glmv ask\'' -s o -l output -x -a '(__glmv_files \'.\')' -d 'Write to FILE, which is replaced when all is done; until then it is FILE.partial'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l jsonl -d 'Print JSON, one object a line, for one answer too'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l format -x -d 'Print each answer in this form, as \'{source}: {answer}\'; a wrong field lists them all'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l extract -x -a 'code' -d 'Print the first code block of the answer only'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l schema -x -a '(__glmv_files \'.\')' -d 'Make the answer JSON that the JSON schema in FILE allows'
complete -c glmv -n '__glmv_at \'glmv ask\'' -s m -l model -x -a '(__glmv_names models) (__glmv_files \'/\')' -d 'A model of \'glmv models\', or a checkpoint directory'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l think -l no-think -d 'Whether the model reasons first'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l think-budget -x -d 'End the reasoning after N tokens, and have the answer'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l show-thinking -x -a 'auto full collapsed none' -d 'How to show the reasoning, on stderr; collapsed: as one line; auto: so on a terminal, else none'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l render -x -a 'live blocks plain' -d 'How to show the answer on a terminal: as Markdown that grows, its finished blocks only, or bare text'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l no-color -d 'No colours; likewise with NO_COLOR in the environment'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l json -d 'Print JSON: one object, or one a line for several answers'
complete -c glmv -n '__glmv_at \'glmv ask\'' -s q -l quiet -d 'No notes and no progress; errors only'
complete -c glmv -n '__glmv_at \'glmv ask\'' -s v -l verbose -d 'After each answer, its tokens, rates and memory'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l max-tokens -x -d 'Stop after N tokens, those of the reasoning included'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l stop -x -d 'End the answer before this text; may be given again'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l temperature -x -d 'How freely to choose words; 0: always the likeliest'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l top-k -x -d 'Choose among the N likeliest tokens; 0: among all'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l top-p -x -d 'Choose among the likeliest tokens that together have this probability; 1: among all'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l min-p -x -d 'Choose among tokens with at least this share of the likeliest one\'s probability; 0: among all'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l repetition-penalty -x -d 'Above 1, avoid tokens of question and answer so far'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l seed -x -d 'Make random choices repeatable'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l max-pixels -x -d 'Refuse pictures and frames with more pixels than this'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l min-image-tokens -x -d 'Enlarge pictures that would take fewer tokens than this'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l max-image-tokens -x -d 'Make pictures smaller that would take more tokens than this'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l animated -x -a 'film first' -d 'What is shown of an animated GIF, WebP, PNG or AVIF: all, or its first frame'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l gpu-memory -x -d 'Use at most this much of each GPU, as 20GiB; 0: no GPU'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l cpu-memory -x -d 'Use at most this much main memory; experts beyond it are read from disk'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l context -x -d 'Make room for N tokens of prompt and answer together, as 32k'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l threads -x -d 'Compute with N threads'
complete -c glmv -n '__glmv_at \'glmv ask\'' -l pin -l no-pin -d 'Whether each thread is bound to a processor of its own'
complete -c glmv -n '__glmv_at \'glmv ask\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv chat\' 0' -a '(__glmv_files \'\\\\.(?:avif|bmp|gif|jpeg|jpg|png|tif|tiff|webp|avi|m4v|mkv|mov|mp4|mpeg|mpg|ts|webm)\')'
complete -c glmv -n '__glmv_at \'glmv chat\'' -s m -l model -x -a '(__glmv_names models) (__glmv_files \'/\')' -d 'A model of \'glmv models\', or a checkpoint directory'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l think -l no-think -d 'Whether the model reasons first'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l think-budget -x -d 'End the reasoning after N tokens, and have the answer'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l show-thinking -x -a 'auto full collapsed none' -d 'How to show the reasoning, on stderr; collapsed: as one line; auto: so on a terminal, else none'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l render -x -a 'live blocks plain' -d 'How to show the answer on a terminal: as Markdown that grows, its finished blocks only, or bare text'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l no-color -d 'No colours; likewise with NO_COLOR in the environment'
complete -c glmv -n '__glmv_at \'glmv chat\'' -s q -l quiet -d 'No notes and no progress; errors only'
complete -c glmv -n '__glmv_at \'glmv chat\'' -s v -l verbose -d 'After each answer, its tokens, rates and memory'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l max-tokens -x -d 'Stop after N tokens, those of the reasoning included'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l stop -x -d 'End the answer before this text; may be given again'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l temperature -x -d 'How freely to choose words; 0: always the likeliest'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l top-k -x -d 'Choose among the N likeliest tokens; 0: among all'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l top-p -x -d 'Choose among the likeliest tokens that together have this probability; 1: among all'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l min-p -x -d 'Choose among tokens with at least this share of the likeliest one\'s probability; 0: among all'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l repetition-penalty -x -d 'Above 1, avoid tokens of question and answer so far'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l seed -x -d 'Make random choices repeatable'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l max-pixels -x -d 'Refuse pictures and frames with more pixels than this'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l min-image-tokens -x -d 'Enlarge pictures that would take fewer tokens than this'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l max-image-tokens -x -d 'Make pictures smaller that would take more tokens than this'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l animated -x -a 'film first' -d 'What is shown of an animated GIF, WebP, PNG or AVIF: all, or its first frame'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l gpu-memory -x -d 'Use at most this much of each GPU, as 20GiB; 0: no GPU'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l cpu-memory -x -d 'Use at most this much main memory; experts beyond it are read from disk'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l context -x -d 'Make room for N tokens of prompt and answer together, as 32k'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l threads -x -d 'Compute with N threads'
complete -c glmv -n '__glmv_at \'glmv chat\'' -l pin -l no-pin -d 'Whether each thread is bound to a processor of its own'
complete -c glmv -n '__glmv_at \'glmv chat\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv ground\' 0 0' -a '(__glmv_files \'\\\\.(?:avif|bmp|gif|jpeg|jpg|png|tif|tiff|webp|avi|m4v|mkv|mov|mp4|mpeg|mpg|ts|webm)\')'
complete -c glmv -n '__glmv_at \'glmv ground\'' -s o -l output -x -a '(__glmv_files \'.\')' -d 'Draw the boxes on the picture, and write it here'
complete -c glmv -n '__glmv_at \'glmv ground\'' -s m -l model -x -a '(__glmv_names models) (__glmv_files \'/\')' -d 'A model of \'glmv models\', or a checkpoint directory'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l think -l no-think -d 'Whether the model reasons first'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l think-budget -x -d 'End the reasoning after N tokens, and have the answer'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l show-thinking -x -a 'auto full collapsed none' -d 'How to show the reasoning, on stderr; collapsed: as one line; auto: so on a terminal, else none'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l render -x -a 'live blocks plain' -d 'How to show the answer on a terminal: as Markdown that grows, its finished blocks only, or bare text'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l no-color -d 'No colours; likewise with NO_COLOR in the environment'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l json -d 'Print JSON: one object, or one a line for several answers'
complete -c glmv -n '__glmv_at \'glmv ground\'' -s q -l quiet -d 'No notes and no progress; errors only'
complete -c glmv -n '__glmv_at \'glmv ground\'' -s v -l verbose -d 'After each answer, its tokens, rates and memory'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l max-tokens -x -d 'Stop after N tokens, those of the reasoning included'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l stop -x -d 'End the answer before this text; may be given again'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l temperature -x -d 'How freely to choose words; 0: always the likeliest'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l top-k -x -d 'Choose among the N likeliest tokens; 0: among all'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l top-p -x -d 'Choose among the likeliest tokens that together have this probability; 1: among all'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l min-p -x -d 'Choose among tokens with at least this share of the likeliest one\'s probability; 0: among all'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l repetition-penalty -x -d 'Above 1, avoid tokens of question and answer so far'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l seed -x -d 'Make random choices repeatable'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l max-pixels -x -d 'Refuse pictures and frames with more pixels than this'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l min-image-tokens -x -d 'Enlarge pictures that would take fewer tokens than this'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l max-image-tokens -x -d 'Make pictures smaller that would take more tokens than this'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l animated -x -a 'film first' -d 'What is shown of an animated GIF, WebP, PNG or AVIF: all, or its first frame'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l gpu-memory -x -d 'Use at most this much of each GPU, as 20GiB; 0: no GPU'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l cpu-memory -x -d 'Use at most this much main memory; experts beyond it are read from disk'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l context -x -d 'Make room for N tokens of prompt and answer together, as 32k'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l threads -x -d 'Compute with N threads'
complete -c glmv -n '__glmv_at \'glmv ground\'' -l pin -l no-pin -d 'Whether each thread is bound to a processor of its own'
complete -c glmv -n '__glmv_at \'glmv ground\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv inspect\' 0' -a '(__glmv_files \'\\\\.(?:avif|bmp|gif|jpeg|jpg|png|tif|tiff|webp|avi|m4v|mkv|mov|mp4|mpeg|mpg|ts|webm)\')'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -s m -l model -x -a '(__glmv_names models) (__glmv_files \'/\')' -d 'A model of \'glmv models\', or a checkpoint directory'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -s o -l output -x -a '(__glmv_files \'/\')' -d 'Write a PNG for each picture or film there: the very pixels that the model sees, with times'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -l json -d 'Print JSON, one object a line for each'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -l max-pixels -x -d 'Refuse pictures and frames with more pixels than this'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -l min-image-tokens -x -d 'Enlarge pictures that would take fewer tokens than this'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -l max-image-tokens -x -d 'Make pictures smaller that would take more tokens than this'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -l animated -x -a 'film first' -d 'What is shown of an animated GIF, WebP, PNG or AVIF: all, or its first frame'
complete -c glmv -n '__glmv_at \'glmv inspect\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv plan\' 0 0' -a '(__glmv_names models) (__glmv_files \'\\\\.json\')'
complete -c glmv -n '__glmv_at \'glmv plan\'' -l gpu-memory -x -d 'Use at most this much of each GPU, as 20GiB; 0: no GPU'
complete -c glmv -n '__glmv_at \'glmv plan\'' -l cpu-memory -x -d 'Use at most this much main memory; experts beyond it are read from disk'
complete -c glmv -n '__glmv_at \'glmv plan\'' -l context -x -d 'Make room for N tokens of prompt and answer together, as 32k'
complete -c glmv -n '__glmv_at \'glmv plan\'' -l gpus -x -d 'Plan for GPUs of these sizes, as 24GiB,24GiB, or none, instead of this machine\'s'
complete -c glmv -n '__glmv_at \'glmv plan\'' -l memory -x -d 'Plan for this much main memory instead of this machine\'s'
complete -c glmv -n '__glmv_at \'glmv plan\'' -l json -d 'Print the plan as a JSON object'
complete -c glmv -n '__glmv_at \'glmv plan\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv quantize\' 0 0' -a '(__glmv_files \'/\')'
complete -c glmv -n '__glmv_at \'glmv quantize\' 1 1' -a '(__glmv_files \'/\')'
complete -c glmv -n '__glmv_at \'glmv quantize\'' -l search -d 'Search each block\'s scale: 14 % less squared error (relative error 8.5 instead of 9.2 %), about ten times the computing'
complete -c glmv -n '__glmv_at \'glmv quantize\'' -l revision -x -d 'A branch, a tag or a commit on the hub'
complete -c glmv -n '__glmv_at \'glmv quantize\'' -l force -d 'Replace DST if it is a 4-bit checkpoint; begin again if SRC has changed'
complete -c glmv -n '__glmv_at \'glmv quantize\'' -l threads -x -d 'Compute with N threads'
complete -c glmv -n '__glmv_at \'glmv quantize\'' -l pin -l no-pin -d 'Whether each thread is bound to a processor of its own'
complete -c glmv -n '__glmv_at \'glmv quantize\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv show\' 0 0' -a '(__glmv_names models) (__glmv_files \'/\')'
complete -c glmv -n '__glmv_at \'glmv show\'' -l verify -d 'Read everything, and compare it with the digests of the manifest'
complete -c glmv -n '__glmv_at \'glmv show\'' -l json -d 'Print a JSON object'
complete -c glmv -n '__glmv_at \'glmv show\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv pull\'' -l name -x -d 'What to call it here; without it, glm-4.5v for that example'
complete -c glmv -n '__glmv_at \'glmv pull\'' -l revision -x -d 'A branch, a tag or a commit on the hub'
complete -c glmv -n '__glmv_at \'glmv pull\'' -l search -d 'Search each block\'s scale: 14 % less squared error (relative error 8.5 instead of 9.2 %), about ten times the computing'
complete -c glmv -n '__glmv_at \'glmv pull\'' -l threads -x -d 'Compute with N threads'
complete -c glmv -n '__glmv_at \'glmv pull\'' -l pin -l no-pin -d 'Whether each thread is bound to a processor of its own'
complete -c glmv -n '__glmv_at \'glmv pull\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv doctor\'' -l json -d 'Print a JSON object'
complete -c glmv -n '__glmv_at \'glmv doctor\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv models\' 0 0' -a default -d 'Make a model the default: writes config.toml'
complete -c glmv -n '__glmv_at \'glmv models\' 0 0' -a remove -d 'Delete a model\'s files'
complete -c glmv -n '__glmv_at \'glmv models\'' -l json -d 'Print JSON: one object a model, a line each'
complete -c glmv -n '__glmv_at \'glmv models\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv models default\' 0 0' -a '(__glmv_names models) (__glmv_files \'/\')'
complete -c glmv -n '__glmv_at \'glmv models default\'' -s h -l help -d 'Show this message and exit'
complete -c glmv -n '__glmv_at \'glmv models remove\' 0 0' -a '(__glmv_names kept)'
complete -c glmv -n '__glmv_at \'glmv models remove\'' -s y -l yes -d 'Do not ask'
complete -c glmv -n '__glmv_at \'glmv models remove\'' -s h -l help -d 'Show this message and exit'
