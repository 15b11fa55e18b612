#!/usr/bin/env perl
# Runs the SQL of README and docs: every ```sql block, page by page in a database of its own. A block followed by a plain
# ``` block must print exactly that; one that shows no output must not fail. As TAP.
#
#   test/docs.pl            on the server that PGHOST and PGPORT name
#   test/docs.pl --write    puts the output into the pages, to be read before it is committed
use strict;
use warnings;
use FindBin;
use File::Temp;

my $write = @ARGV && $ARGV[0] eq '--write';
chdir "$FindBin::Bin/.." or die "$!";
my @pages = ('README.md', grep { !m{/reference\.md$} } sort glob 'docs/*.md');
my $number = 0;
my $failed = 0;

for my $page (@pages) {
    my $text = read_file($page);
    my @blocks;
    push @blocks, { start => $-[0], sql => $1, shown => $3, end => $+[0] }
        while $text =~ /```sql\n(.*?)```\n(\n```\n(.*?)```\n)?/gs;
    my $output = run_blocks($text, @blocks);
    my ($new, $at) = ('', 0);
    for my $i (0 .. $#blocks) {
        my $block = $blocks[$i];
        my $seen = $output->[$i];
        my $good = defined $block->{shown} ? trimmed($block->{shown}) eq $seen : $seen !~ /^(ERROR|WARNING):/m;
        report($good, "$page, block " . ($i + 1), $block->{sql} . "shown:\n" . ($block->{shown} // '') . "seen:\n$seen\n");
        $new .= substr $text, $at, $block->{start} - $at;
        $new .= "```sql\n$block->{sql}```\n" . (defined $block->{shown} ? "\n```\n$seen\n```\n" : '');
        $at = $block->{end};
    }
    $new .= substr $text, $at;
    write_file($page, $new) if $write && $new ne $text;
}
print "1..$number\n";
exit($failed ? 1 : 0);

sub run_blocks {
    my ($text, @blocks) = @_;
    # Roles belong to the whole server, so what an earlier run made is still there.
    my @roles = map { ('-c', "DROP ROLE IF EXISTS $_") } $text =~ /CREATE ROLE (\w+)/g;
    local $ENV{PGOPTIONS} = '-c client_min_messages=warning';
    system(qw(psql -X -q -d postgres -c), 'DROP DATABASE IF EXISTS docs', @roles, '-c', 'CREATE DATABASE docs') == 0 or die "no server";
    # A page that does not begin with the extension takes it for granted.
    my $script = $text =~ /CREATE EXTENSION customer_data/ ? ''
        : "CREATE EXTENSION customer_data;\nSET search_path = public, customer_data;\n";
    $script .= "\\echo \@\@$_\n$blocks[$_]{sql}\n" for 0 .. $#blocks;
    $script .= "\\echo \@\@end\n";
    my $file = File::Temp->new(SUFFIX => ".sql")->filename;
    write_file($file, "\\pset pager off\n$script");
    my $all = `psql -X -q -d docs -f '$file' 2>&1`;
    unlink $file;
    $all =~ s/^psql:\S+: //mg;
    my @output;
    $output[$1] = trimmed($2) while $all =~ /^\@\@(\d+)\n(.*?)(?=^\@\@)/msg;
    return [map { $_ // 'nothing was run' } @output];
}

sub trimmed {
    my ($text) = @_;
    $text =~ s/[ \t]+$//mg;
    $text =~ s/^\n+|\n+$//g;
    return $text;
}

sub report {
    my ($good, $name, $diagnosis) = @_;
    ++$number;
    print(($good ? '' : 'not ') . "ok $number - $name\n");
    return if $good;
    ++$failed;
    $diagnosis =~ s/^/# /mg;
    print $diagnosis;
}

sub read_file { my ($name) = @_; local $/; open my $in, '<', $name or die "$name: $!"; return <$in> }
sub write_file { my ($name, $text) = @_; open my $out, '>', $name or die "$name: $!"; print $out $text }
