#!/usr/bin/env perl
# Writes test/unit/grapheme_cases.hpp: where Perl's \X cuts texts of one character of each class of UAX 29.
#
#   test/unit/grapheme_cases.pl > test/unit/grapheme_cases.hpp
use strict;
use warnings;
use Unicode::UCD;

# Letter of the case => code point: CR, LF, Control, Extend (acute, variation selector, skin tone, zero width
# non-joiner), ZWJ, SpacingMark, Prepend, RI twice, L, V, T, LV, LVT, ExtPict twice, and a letter, digit, ideograph.
my %code = (
    r => 0x0D, n => 0x0A, c => 0x200E, a => 0x301, v => 0xFE0F, s => 0x1F3FD, j => 0x200C, z => 0x200D, m => 0x903,
    p => 0x600, d => 0x1F1E9, e => 0x1F1EA, L => 0x1100, V => 0x1161, T => 0x11A8, S => 0xAC00, W => 0xAC01,
    h => 0x2764, f => 0x1F468, x => 0x78, 1 => 0x31, g => 0x738B,
);
my @letters = sort keys %code;
my %letter = map { chr($code{$_}) => $_ } @letters;

my @cases = map { my $before = $_; map { $before . $_ } @letters } @letters;
my $state = 1;
my $random = sub { $state = ($state * 1103515245 + 12345) % 2**31; int($state / 2**16) % $_[0] };
for (1 .. 900) {
    push @cases, join '', map { $letters[$random->(scalar @letters)] } 1 .. 3 + $random->(7);
}
# Flags and families, of which chance makes few.
push @cases, qw(d de ded dedd adede dzde pde pdede fzf fazvzf fzzf fsz1 fszhv fzazf xzf fzx hvzf fzffzf ff fvaazf LVT LLVVTT SVT ST WV WT gag);

printf <<'END', Unicode::UCD::UnicodeVersion();
// Made by test/unit/grapheme_cases.pl with the \X of a Perl with Unicode %s; not to be changed by hand.
// clang-format off
#pragma once

namespace cd::test {

struct Class {
    char letter;
    char32_t code;
};
END
print "constexpr Class classes[] = {", join(', ', map { sprintf "{'%s', 0x%X}", $_, $code{$_} } @letters), "};\n";
print "constexpr const char *clusters[] = {\n";
my $line = '   ';
for my $case (@cases) {
    my $text = join '', map { chr $code{$_} } split //, $case;
    my $item = sprintf ' "%s",', join '|', map { join '', map { $letter{$_} } split //, $_ } $text =~ /\X/g;
    if (length($line . $item) > 118) {
        print "$line\n";
        $line = '   ';
    }
    $line .= $item;
}
print "$line\n};\n\n} // namespace cd::test\n";
