# Reads rows of SQL, measures them through psql, prints the table. bench/run calls it; bench/rows.sql tells the form.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempfile);
use Getopt::Long;

my ($rows_file, $rounds, $only, $customers) = ('', 5, '', 0);
GetOptions('rows=s' => \$rows_file, 'rounds=i' => \$rounds, 'only=s' => \$only, 'customers=i' => \$customers) or exit 2;
my @psql = (@ARGV, qw(-q -A -t -v ON_ERROR_STOP=1));
$| = 1;

use constant FULL_SIZE => 1_000_000;    # customers that targets and goals are stated for
use constant NEAR => 1.25;              # opponents within this many times the fastest one's time go on to the rounds
use constant WIDTH => 54;               # of a row's name

my %settings;    # by name

# ---------------------------------------------------------------------------------------------------------
# Reading

sub read_rows {
    open my $in, '<', $rows_file or die "$rows_file: $!\n";
    my (@rows, $row, $side);
    while (my $line = <$in>) {
        if ($line =~ /^-- (ROW|FACT) (.+)/) {
            $row = { kind => $1, name => $2, sides => [], notes => [], warnings => [], set => '', sql => '' };
            push @rows, $row;
            $side = $1 eq 'FACT' ? $row : undef;
        }
        elsif ($line =~ /^-- SETTINGS (\w+) (.+)/) { $settings{$1} = $2 }
        elsif (!$row) { next }    # the comment at the top
        elsif ($line =~ /^-- (OURS|INSTEAD|FLOOR)(?: (.+))?$/) {
            $side = { kind => $1, label => $2 // '', set => '', sql => '', plan_has => [] };
            push @{ $row->{sides} }, $side;
        }
        elsif ($line =~ /^-- LESS$/) { $side->{part} = 'less' }
        elsif ($line =~ /^-- SET (.+)/) { ($side // $row)->{set} = $1 }
        elsif ($line =~ /^-- PROGRAM (.+)/) { $side->{program} = $1 }
        elsif ($line =~ /^-- PLAN (.+)/) { push @{ $side->{plan_has} }, $1 }
        elsif ($line =~ /^-- NOTE (.+)/) { push @{ $row->{notes} }, $1 }
        elsif ($line =~ /^-- (TARGET|GOAL|PER|AFTER) (.+)/) { $row->{ lc $1 } = $2 }
        elsif ($line =~ /^-- (SAME|HASH)$/) { $row->{ lc $1 } = 1 }
        elsif ($line =~ /^\s*$/) { next }
        elsif ($side) { $side->{ $side->{part} // 'sql' } .= $line }
        else { die "$rows_file:$.: what is this line?\n" }
    }
    $rows[$_]{sides} = expand($rows[$_]{sides}, $rows[ $_ - 1 ]) for 0 .. $#rows;
    my @chosen = grep { $_->{name} =~ /$only/i } @rows;
    return @chosen ? @chosen : die "No row has a name that matches $only; the rows are:\n", map { "  $_->{name}\n" } @rows;
}

# The sides as they are run: one for each of the settings between |, and for "as before" those of the row before.
sub expand {
    my ($sides, $before) = @_;
    my @expanded;
    for my $side (@$sides) {
        if ($side->{label} eq 'as before') {
            push @expanded, grep { $_->{kind} eq $side->{kind} } @{ $before->{sides} };
            next;
        }
        for my $set ($side->{set} ? split(/ *\| */, $side->{set}) : '') {
            my @plan_has = (@{ $side->{plan_has} }, $set =~ /\bparallel\b/ ? 'Gather' : ());
            push @expanded, { %$side, set => $set, plan_has => \@plan_has };
        }
    }
    return \@expanded;
}

# ---------------------------------------------------------------------------------------------------------
# Running

# Runs a script of psql in a session of its own and returns what it printed.
sub psql {
    my ($script) = @_;
    my ($file, $name) = tempfile(UNLINK => 1);
    print $file $script;
    close $file;
    open my $out, '-|', @psql, '-f', $name or die "psql: $!\n";
    my $text = do { local $/; <$out> };
    close $out or die "psql failed at:\n$script";
    unlink $name;
    return $text // '';
}

# The start of a session: the row's settings, those of the side, and the literals.
sub session {
    my ($row, $side) = @_;
    my @set = map { /=/ ? $_ : split ' ', $settings{$_} // die "$row->{name}: what is $_?\n" }
        split ' ', "$row->{set} $side->{set}";
    return join('', map { /(.+?)=(.+)/ && "SET $1 = '$2';\n" } @set) . "SELECT * FROM constant \\gset\n";
}

# A side that is a program of this directory: it gets the command of psql, and prints milliseconds and MB.
sub run_program {
    my ($row, $side) = @_;
    my ($program, @arguments) = split ' ', $side->{program};
    open my $out, '-|', dirname($rows_file) . "/$program", @arguments, @psql or die "$program: $!\n";
    my $text = do { local $/; <$out> } // '';
    close $out;
    return undef if $? >> 8 == 77;
    die "$program failed\n" if $?;
    my ($ms, $mb) = split ' ', $text;
    return { ms => $ms, mb => $mb, rows => '', plan => '' };
}

# One execution, in a fresh session, whose caches are warmed by planning the query. Returns milliseconds as the client
# sees them, less those of what is to be subtracted; the peak of the backend's own memory in MB, the rows and the plan.
sub run_once {
    my ($row, $side) = @_;
    return run_program($row, $side) if $side->{program};
    my $text = psql(session($row, $side)
        . "\\echo <plan>\nEXPLAIN (COSTS OFF) $side->{sql}\\echo <rows>\n\\timing on\n$side->{sql}\\timing off\n"
        . ($side->{less} ? "\\echo <less>\n\\timing on\n$side->{less}\\timing off\n" : '')
        . "\\echo <memory>\nSELECT pg_read_file('/proc/self/status');\n" . ($row->{after} ? "$row->{after};\n" : ''));
    my ($plan, $result, $memory) = $text =~ /<plan>\n(.*)<rows>\n(.*)<memory>\n(.*)/s or die "cannot read:\n$text";
    my $less = $result =~ s/<less>\n(.*)//s ? $1 : '';
    my $ms = 0;
    $ms += $1 while $result =~ s/^Time: ([0-9.]+) ms.*\n//m;
    $ms -= $1 while $less =~ s/^Time: ([0-9.]+) ms.*\n//m;
    # The high-water mark counts shared buffers that were touched, and what is mapped of files.
    my %kb = $memory =~ /^(\w+):\s+(\d+) kB/mg;
    return { ms => $ms, mb => ($kb{VmHWM} - $kb{RssShmem} - $kb{RssFile}) / 1024, rows => $result, plan => $plan };
}

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}

# Loads the tables and indexes that a row reads into shared buffers. A scan alone would not keep a large table there.
sub prewarm {
    my ($row) = @_;
    my %read;
    for my $side (grep { !$_->{program} } @{ $row->{sides} }) {
        for (grep { /Scan/ } split /\n/, psql(session($row, $side) . "EXPLAIN (COSTS OFF) $side->{sql}")) {
            $read{$1} = 1 while / (?:using|on) (\w+)/g;
        }
    }
    my $names = join ', ', map { "'$_'" } sort keys %read;
    psql("SELECT pg_prewarm(oid) FROM pg_class WHERE relname IN ($names) AND relkind IN ('r', 'i');\n") if $names;
}

# Every side once, to warm up and to look at plans and rows. Of several opponents all that come near the fastest of two
# attempts stay for the rounds.
sub trial {
    my ($row) = @_;
    my @opponents = grep { $_->{kind} eq 'INSTEAD' } @{ $row->{sides} };
    prewarm($row);
    for my $side (grep { !$_->{trial} } @{ $row->{sides} }) {
        my $run = run_once($row, $side) or return;
        if ($side->{kind} eq 'INSTEAD' && @opponents > 1) {
            my $again = run_once($row, $side);
            $run = $again if $again->{ms} < $run->{ms};
        }
        $side->{trial} = $run;
        push @{ $row->{warnings} }, map { sprintf 'the plan of "%s" is not the one meant (%s)', label_of($side), $_ }
            grep { $run->{plan} !~ /$_/ } @{ $side->{plan_has} };
    }
    my ($ours) = grep { $_->{kind} eq 'OURS' } @{ $row->{sides} };
    if ($row->{same}) {
        push @{ $row->{warnings} }, '"' . label_of($_) . '" gives other rows than ours'
            for grep { $_->{trial}{rows} ne $ours->{trial}{rows} } @opponents;
    }
    my $fastest = (sort { $a <=> $b } map { $_->{trial}{ms} } @opponents)[0];
    $_->{trial}{slow} = $_->{trial}{ms} > NEAR * $fastest for @opponents;
    return ($ours, \@opponents);
}

my ($targets, $met) = (0, 0);

sub yes_or_no {
    my ($yes) = @_;
    $targets++;
    $met++ if $yes;
    return $yes ? 'yes' : 'NO';
}

# ---------------------------------------------------------------------------------------------------------
# Printing: a line of the table as soon as it is known, and below the table what else is to be said about it.

sub print_header {
    printf "\n%-*s %9s %11s %7s %13s %8s %5s\n", WIDTH, 'what', 'ours ms', 'instead ms', 'ratio', 'min..max', 'target', 'met?';
    print '-' x (WIDTH + 59), "\n";
}

sub measure {
    my ($row) = @_;
    printf '%-*s', WIDTH, $row->{name};
    my ($ours, $opponents) = trial($row);
    if (!$ours) {
        print " skipped: the program of the other side misses what it needs\n";
        return;
    }
    my @near = grep { !$_->{trial}{slow} } @$opponents;
    my @sides = ($ours, @near, grep { $_->{kind} eq 'FLOOR' } @{ $row->{sides} });
    $_->{runs} = [] for @sides;
    for (1 .. $rounds) {
        push @{ $_->{runs} }, run_once($row, $_) for @sides;
    }
    $_->{ms} = median(map { $_->{ms} } @{ $_->{runs} }) for @sides;
    my ($instead) = sort { $a->{ms} <=> $b->{ms} } @near;
    @$row{qw(ours instead)} = ($ours, $instead);
    my @ratios = sort { $a <=> $b } map { $instead->{runs}[$_]{ms} / $ours->{runs}[$_]{ms} } 0 .. $rounds - 1;
    my $ratio = median(@ratios);
    printf " %9.1f %11.1f %7.2f %13s", $ours->{ms}, $instead->{ms}, $ratio, sprintf('%.2f..%.2f', @ratios[0, -1]);
    printf ' %8s %5s', ">= $row->{target}", yes_or_no($ratio >= $row->{target}) if $row->{target};
    print "\n";
    explain_row($row);
}

sub label_of {
    my ($side) = @_;
    my $set = join ', ', split ' ', $side->{set};
    return ($side->{label} || 'ours') . ($set ? " ($set)" : '');
}

# Workers of a parallel plan have memory of their own, which is not seen.
sub peak {
    my ($side) = @_;
    return 'not known' if $side->{trial}{plan} =~ /Gather/;
    return sprintf '%.0f MB', median(map { $_->{mb} } @{ $side->{runs} });
}

sub hash_memory {
    my ($row, $side) = @_;
    my $plan = psql(session($row, $side) . "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF) $side->{sql}");
    my ($batches, $kb) = $plan =~ /Batches: (\d+)\s+Memory Usage: (\d+)kB/ or return 'none';
    return sprintf '%.0f MB in %d %s', $kb / 1024, $batches, $batches == 1 ? 'batch' : 'batches';
}

sub per_second {
    my ($row) = @_;
    my ($column, $things) = split ' ', $row->{per}, 2;
    return sprintf '%.2f million %s a second', psql("SELECT $column FROM constant;\n") / $row->{ours}{ms} / 1000, $things;
}

# Everything else about a row, as lines to be printed below the table.
sub explain_row {
    my ($row) = @_;
    my ($ours, $instead) = @$row{qw(ours instead)};
    my @lines = ('instead: ' . label_of($instead));
    push @lines, 'settings: ' . join ', ', split ' ', $row->{set} if $row->{set};
    push @lines, 'ours: ' . per_second($row) if $row->{per};
    push @lines, sprintf 'goal: %d ms, met: %s', $row->{goal}, yes_or_no($ours->{ms} <= $row->{goal})
        if $row->{goal} && $customers == FULL_SIZE;
    push @lines, sprintf 'memory of the backend: ours %s, instead %s', peak($ours), peak($instead);
    push @lines, sprintf 'hash table: ours %s, instead %s', hash_memory($row, $ours), hash_memory($row, $instead)
        if $row->{hash};
    for my $side (grep { $_ != $ours && $_ != $instead } @{ $row->{sides} }) {
        my $tried = $side->{trial}{slow};
        my $what = $side->{kind} eq 'FLOOR' ? 'floor' : $tried ? 'slower, in a trial' : 'slower';
        push @lines, sprintf '%s: %.1f ms, %s', $what, $tried ? $side->{trial}{ms} : $side->{ms}, label_of($side);
    }
    push @lines, @{ $row->{notes} };
    push @lines, "WRONG: $_" for @{ $row->{warnings} };
    $row->{lines} = \@lines;
}

sub print_lines {
    my ($name, @lines) = @_;
    print "\n$name\n", map { "    $_\n" } @lines;
}

# ---------------------------------------------------------------------------------------------------------

my @rows = read_rows();
my @measured = grep { $_->{kind} eq 'ROW' } @rows;
if (@measured) {
    print_header();
    measure($_) for @measured;
    print "\nratio: instead / ours, the median of $rounds pairs\n";
    print "$met of $targets targets and goals met",
        $customers == FULL_SIZE ? '' : ', but they are stated for ' . FULL_SIZE . ' customers', "\n" if $targets;
    print "$_: $settings{$_}\n" for sort keys %settings;
    print_lines($_->{name}, @{ $_->{lines} }) for grep { $_->{lines} } @measured;
}
print_lines($_->{name}, split /\n/, psql(session($_, { set => '' }) . $_->{sql})) for grep { $_->{kind} eq 'FACT' } @rows;
exit(grep({ @{ $_->{warnings} } } @measured) ? 1 : 0);
