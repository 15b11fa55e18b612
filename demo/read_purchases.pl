#!/usr/bin/perl
# Reads purchases from a CSV file and writes them to standard output as rows for
#   COPY line (order_id, customer_id, occurred_at, price, quantity) FROM STDIN
# where the amount of a line stands as a price without a quantity. Everything PostgreSQL could refuse is refused
# here, line by line: COPY would stop at the first bad one. What was found is told on file descriptor 3, progress on
# standard error, the refused lines go to the file --rejected.
use strict;
use warnings;
use Encode ();
use Fcntl;
use Getopt::Long qw(:config no_ignore_case no_auto_abbrev);
use Text::CSV_XS;

use constant {
    EXAMPLES         => 3,
    PROGRESS_LINES   => 100_000,
    WIDTH            => 100,
    # A quote that is never closed would swallow the rest of the file.
    RECORD_MAX_LINES => 1000,
    RECORD_MAX_BYTES => 1 << 20,
    TIMES_KEPT       => 200_000,
};

# Names a column may have when no option names it, the likeliest first; letters and digits count.
my %names = (
    customer => [qw(customerid customer customerno customernumber custid custno clientid client clientno userid user
        buyerid buyer memberid member accountid account customeruniqueid customername customeremail email)],
    time => [qw(occurredat occurredon orderedat orderedon purchasedat purchasedon paidat orderdate ordertime
        orderdatetime ordertimestamp purchasedate purchasetime purchasetimestamp orderpurchasetimestamp invoicedate
        invoicetime transactiondate transactiontime transactiondatetime saledate salesdate paymentdate datetime
        timestamp date time createdat created day)],
    amount => [qw(amount totalamount orderamount invoiceamount transactionamount lineamount netamount grossamount
        amountpaid amountspent total ordertotal invoicetotal linetotal grandtotal totalprice totalpaid subtotal
        revenue turnover sales netsales salesamount saleamount ordervalue purchasevalue paymentvalue value spend
        spent)],
    quantity => [qw(quantity qty orderquantity quantityordered itemquantity units pieces)],
    price    => [qw(unitprice priceperunit priceeach itemprice unitamount sellingprice saleprice price)],
    order    => [qw(orderid orderno ordernumber order invoiceno invoiceid invoicenumber invoice transactionid
        transactionno transactionnumber transaction receiptid receiptno receiptnumber receipt basketid basket)],
);
my %about = (
    customer => 'customer',
    time     => 'time',
    amount   => 'amount',
    quantity => 'quantity',
    price    => 'unit price',
    order    => 'order',
);

my %option;
GetOptions(\%option, 'customer=s', 'time=s', 'amount=s', 'quantity=s', 'price=s', 'order=s', 'delimiter=s', 'decimal=s',
    'date-order=s', 'rejected=s', 'result=s')
    && @ARGV == 1 or exit 2;
my $file = $ARGV[0];
open my $told, '>&=', 3 or die "file descriptor 3 is not open\n";

sub stop {
    my ($message) = @_;
    clear_progress();
    print STDERR "$message\n";
    exit 1;
}

# ---------------------------------------------------------------------------------------------------------
# Lines and records. A record with quotes may have several lines; when one turns out to be broken, only its first
# line is refused, and the lines after it are read again on their own.

my ($input, @pushed_back, $line_number);

sub open_input {
    stop("$file: there is no such file") unless -e $file;
    stop("$file is a directory") if -d _;
    my $plain = -f _;
    open $input, '<:raw', $file or stop("$file: $!");
    return unless $plain;
    read $input, my $start, 4;
    stop("$file is empty") if $start eq '';
    stop("$file is a zip or Excel file. Save it as CSV, or unpack it first.") if $start eq "PK\x03\x04";
    stop("$file is in UTF-16. Convert it first: iconv -f UTF-16 -t UTF-8") if $start =~ /^(?:\xff\xfe|\xfe\xff)/;
    if ($start =~ /^\x1f\x8b/) {
        close $input;
        open $input, '-|:raw', 'gzip', '-dc', '--', $file or stop("gzip: $!");
    }
    else {
        seek $input, 0, 0;
    }
}

sub close_input {
    # gzip tells about a truncated file only at its end.
    close $input or stop("$file could not be read to its end; it is damaged.");
}

# A line without its end, or undef.
sub next_line {
    my $line = @pushed_back ? shift @pushed_back : readline $input;
    return undef unless defined $line;
    $line_number++;
    $line =~ s/\r?\n\z//;
    return $line;
}

my $csv;

# The fields of the record that starts with $line, or nothing if it is broken; $line grows to the whole record.
sub fields_of {
    my ($delimiter, $count, $line) = @_;
    return [split /\Q$delimiter\E/, $$line, -1] if index($$line, '"') < 0;
    $csv ||= Text::CSV_XS->new({ binary => 1, decode_utf8 => 0, sep_char => $delimiter,
        allow_whitespace => $delimiter !~ /[ \t]/ });
    my $first = $$line;
    my @more;
    while (($$line =~ tr/"//) % 2) {
        my $next = @more < RECORD_MAX_LINES && length($$line) < RECORD_MAX_BYTES ? next_line() : undef;
        last unless defined $next;
        push @more, $next;
        $$line .= "\n$next";
    }
    if (!(($$line =~ tr/"//) % 2) && $csv->parse($$line)) {
        my @fields = $csv->fields;
        return \@fields if !@more || !defined $count || @fields == $count;
    }
    unshift @pushed_back, map {"$_\n"} @more;
    $line_number -= @more;
    $$line = $first;
    return @more || !$csv->parse($first) ? undef : [$csv->fields];
}

# ---------------------------------------------------------------------------------------------------------
# The header: which column is what.

sub printable {
    my ($bytes, $width) = @_;
    my $text = Encode::decode('UTF-8', $bytes, sub {'?'});
    $text =~ s/[[:cntrl:]]/ /g;
    $text = substr($text, 0, $width - 3) . '...' if defined $width && length $text > $width;
    return Encode::encode('UTF-8', $text);
}

sub plain_name {
    my ($name) = @_;
    $name = lc $name;
    $name =~ s/[^a-z0-9\x80-\xff]//g;
    return $name;
}

sub delimiter_of {
    my ($header) = @_;
    if (defined $option{delimiter}) {
        my $delimiter = $option{delimiter} =~ /^(?:tab|\\t)$/i ? "\t" : $option{delimiter};
        stop('--delimiter takes one character that is no quote, or the word tab')
            unless $delimiter =~ /^[^"\r\n\x80-\xff]\z/;
        return $delimiter;
    }
    (my $unquoted = $header) =~ s/"[^"]*"//g;
    my ($best, $most) = (',', 0);
    for my $candidate (',', ';', "\t", '|') {
        my $count = () = $unquoted =~ /\Q$candidate\E/g;
        ($best, $most) = ($candidate, $count) if $count > $most;
    }
    return $best;
}

# The number of a column: as its option names it, else by the names above.
sub find_column {
    my ($role, $header) = @_;
    if (defined $option{$role}) {
        for my $same (sub { $_[0] eq $option{$role} }, sub { plain_name($_[0]) eq plain_name($option{$role}) }) {
            my @found = grep { $same->($header->[$_]) } 0 .. $#$header;
            stop("The header has several columns named $option{$role}.") if @found > 1;
            return $found[0] if @found;
        }
        stop("$file has no column $option{$role}, which --$role asks for.\n" . header_seen($header));
    }
    for my $name (@{ $names{$role} }) {
        my @found = grep { plain_name($header->[$_]) eq $name } 0 .. $#$header;
        stop('Several columns could be the ' . "$about{$role}: " . join(', ', map { printable($header->[$_]) } @found)
                . ". Name one with --$role, exactly as in the header.")
            if @found > 1;
        return $found[0] if @found;
    }
    return undef;
}

sub header_seen {
    my ($header) = @_;
    my $seen = 'The columns of its header: ' . join(', ', map { printable($_) } @$header);
    $seen .= "\nIf that is not how the line is divided, say what divides it: --delimiter ';'" if @$header == 1;
    return $seen;
}

sub find_columns {
    my ($header) = @_;
    my %column;
    for my $role (qw(customer time amount quantity price)) {
        $column{$role} = find_column($role, $header);
    }
    # An order column is used when it is there, so there has to be a way to say no.
    $column{order} = find_column('order', $header) unless ($option{order} // '') eq 'none';

    my @missing;
    push @missing, 'a customer column (--customer NAME)' unless defined $column{customer};
    push @missing, 'a time column (--time NAME)'         unless defined $column{time};
    my $by_quantity = defined $column{quantity} && defined $column{price};
    # A named quantity and price are what the user means, even beside an amount.
    my $amount_wins = defined $column{amount}
        && (defined $option{amount} || !($by_quantity && defined $option{quantity} && defined $option{price}));
    if (!defined $column{amount} && !$by_quantity) {
        my $needed = 'an amount column (--amount NAME), or quantity and unit price (--quantity NAME --price NAME)';
        $needed .= '; ' . printable($header->[ $column{price} ]) . ' alone could be --amount'
            if defined $column{price};
        push @missing, $needed;
    }
    stop(join "\n", "No column of $file was recognized as", map({"  $_"} @missing), header_seen($header)) if @missing;
    delete @column{ $amount_wins ? qw(quantity price) : 'amount' };
    delete $column{order} unless defined $column{order};

    my %role_of;
    for my $role (sort keys %column) {
        my $twice = $role_of{ $column{$role} };
        stop('Column '
                . printable($header->[ $column{$role} ])
                . " cannot be both the $about{$twice} and the $about{$role}.")
            if $twice;
        $role_of{ $column{$role} } = $role;
    }
    return \%column;
}

# ---------------------------------------------------------------------------------------------------------
# Values. Each of these returns what COPY takes, or undef if the text cannot be read without guessing.

my @days_of_month = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

sub day_of {
    my ($year, $month, $day) = @_;
    return undef if $year < 1 || $month < 1 || $month > 12 || $day < 1;
    my $leap = $year % 4 == 0 && ($year % 100 != 0 || $year % 400 == 0);
    return undef if $day > $days_of_month[$month - 1] + ($month == 2 && $leap ? 1 : 0);
    return sprintf '%04d-%02d-%02d', $year, $month, $day;
}

my $clock = qr/(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:\s*([AaPp])[Mm])?/;
my $zone  = qr/Z|UTC|GMT|([+-])(\d\d):?(\d\d)?/;

sub read_time {
    my ($text) = @_;
    my $day;
    if ($text =~ /^(\d{4})([-\/.])(\d{1,2})\2(\d{1,2})(?![\d])/ || $text =~ /^(\d{4})()(\d\d)(\d\d)(?!\d)/) {
        $day = day_of($1, $3, $4);
    }
    elsif ($text =~ /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)/) {
        $day = day_of($3, $2, $1);
    }
    elsif ($text =~ /^(\d{1,2})([-\/])(\d{1,2})\2(\d{4})(?!\d)/) {
        return (undef, 'day or month first? Use --date-order') unless defined $option{'date-order'};
        $day = $option{'date-order'} eq 'dmy' ? day_of($4, $3, $1) : day_of($4, $1, $3);
    }
    return undef unless defined $day;
    my $rest = substr $text, $+[0];
    return "$day 00:00:00+00" if $rest eq '';
    my ($hour, $minute, $second, $fraction, $half, $sign, $zone_hours, $zone_minutes) =
        $rest =~ /^(?:T|\s+)$clock\s*(?:$zone)?\z/
        or return undef;
    $_ //= 0 for $second, $fraction, $zone_hours, $zone_minutes;
    if ($half) {
        return undef if $hour < 1 || $hour > 12;
        $hour = $hour % 12 + (lc $half eq 'p' ? 12 : 0);
    }
    return undef if $hour > 23 || $minute > 59 || $second > 59 || $zone_hours > 14 || $zone_minutes > 59;
    return sprintf '%s %02d:%02d:%02d.%s%s%02d:%02d', $day, $hour, $minute, $second, substr($fraction, 0, 6),
        $sign // '+', $zone_hours, $zone_minutes;
}

my $exponent = qr/[eE][+-]?(?:0?\d|1[0-5])/;
my $number   = qr/[+-]?(?:\d{1,15}(?:\.\d{0,30})?|\.\d{1,30})$exponent?/;
my $currency = qr/\$|\xe2\x82\xac|\xc2\xa3|\xc2\xa5/;    # dollar, euro, pound, yen
my $decimal  = $option{decimal} // '';

# 1,234 is a thousand and something to some and one and something to others: only --decimal can tell.
sub read_number {
    my ($text) = @_;
    if ($decimal eq 'comma') {
        $text =~ tr/.//d if $text =~ /^\D*\d{1,3}(?:\.\d{3})+(?:,|\D*\z)/;
        return undef if $text =~ /\./;
        $text =~ tr/,/./;
    }
    return $text if $text =~ /^$number\z/o;
    $text =~ s/^([+-]?)\s*$currency\s*/$1/o or $text =~ s/\s*$currency\z//o;
    if ($decimal ne 'comma' && $text =~ /^[+-]?\d{1,3}(?:,\d{3})+(?:(\.)\d*)?\z/) {
        $text =~ tr/,//d if $1 || $decimal eq 'point';
    }
    return $text =~ /^$number\z/o ? $text : undef;
}

sub is_utf8 {
    my ($bytes) = @_;
    return defined eval { Encode::decode('UTF-8', $bytes, Encode::FB_CROAK | Encode::LEAVE_SRC) };
}

sub is_bigint {
    my ($text) = @_;
    my ($sign, $digits) = $text =~ /^(-?)([1-9]\d{0,18}|0)\z/ or return 0;
    return 1 if length $digits < 19;
    return $digits le ($sign ? '9223372036854775808' : '9223372036854775807');
}

my %missing = map { $_ => 1 } '', qw(NULL null \N NA N/A NaN nan None);
my %escape = ("\\" => '\\\\', "\t" => '\t', "\n" => '\n', "\r" => '\r');
my %time_read;

# Turns the texts of a line into what COPY takes, in place. Returns why that cannot be done, or nothing.
sub read_values {
    my ($value, $roles) = @_;
    for my $i (0 .. $#$roles) {
        my $role = $roles->[$i];
        for ($value->[$i]) {
            s/^\s+//;
            s/\s+\z//;
            return "no $about{$role}" if exists $missing{$_};
            if ($role eq 'customer' || $role eq 'order') {
                next unless /[^\x20-\x5b\x5d-\x7e]/;
                return 'zero byte' if /\x00/;
                return 'bad UTF-8' unless is_utf8($_);
                s/([\\\t\n\r])/$escape{$1}/g;
            }
            elsif ($role eq 'time') {
                my ($time, $why) = ($time_read{$_});
                if (!defined $time) {
                    ($time, $why) = read_time($_);
                    return $why // 'unreadable time' unless defined $time;
                    %time_read = () if keys %time_read >= TIMES_KEPT;
                    $time_read{$_} = $time;
                }
                $_ = $time;
            }
            else {
                my $number = read_number($_);
                return "unreadable $about{$role}" unless defined $number;
                $_ = $number;
            }
        }
    }
    return;
}

# ---------------------------------------------------------------------------------------------------------
# Counting and telling.

my (%rejected, %examples, $rejected_file);

sub reject {
    my ($reason, $number, $record) = @_;
    push @{ $examples{$reason} }, [$number, $record] if $rejected{$reason}++ < EXAMPLES;
    unless ($rejected_file) {
        # Its directory belongs to another user when this runs as root: never follow a link there.
        sysopen $rejected_file, $option{rejected}, O_WRONLY | O_CREAT | O_EXCL or stop("$option{rejected}: $!");
        binmode $rejected_file;
        print $rejected_file "line,reason,text\n";
    }
    $record =~ s/"/""/g;
    print $rejected_file qq($number,"$reason","$record"\n);
}

sub grouped {
    my $number = reverse shift;
    $number =~ s/(\d{3})(?=\d)/$1,/g;
    return scalar reverse $number;
}

my $progress_shown = 0;

sub progress {
    my ($read) = @_;
    my $text = '  ' . grouped($read) . ' lines read';
    print STDERR -t STDERR ? "\r$text" : "$text\n";
    $progress_shown = 1;
}

sub clear_progress {
    print STDERR "\r\e[K" if $progress_shown && -t STDERR;
    $progress_shown = 0;
}

sub tell_columns {
    my ($column, $header) = @_;
    my %name   = map { $_ => printable($header->[ $column->{$_} ]) } keys %$column;
    my $amount = $name{amount} // "$name{quantity} * $name{price}";
    print $told "  columns     customer = $name{customer}, time = $name{time}, amount = $amount\n";
    print $told "  orders      lines with the same $name{order} are one purchase\n" if $name{order};
    $told->flush;
}

sub tell_lines {
    my ($read, $used, $blank) = @_;
    my $rejected = $read - $used - $blank;
    my @counts   = (grouped($read) . ' read', grouped($used) . ' used', grouped($rejected) . ' rejected');
    push @counts, grouped($blank) . ' blank' if $blank;
    print $told '  lines       ', join(', ', @counts), "\n";
    for my $reason (sort { $rejected{$b} <=> $rejected{$a} || $a cmp $b } keys %rejected) {
        printf $told "  %11s %s\n", grouped($rejected{$reason}), $reason;
        for my $example (@{ $examples{$reason} }) {
            my $where = '              line ' . grouped($example->[0]) . ': ';
            print $told $where, printable($example->[1], WIDTH - length $where), "\n";
        }
    }
    print $told "  all rejected lines are in $option{rejected}\n" if $rejected;
    $told->flush;
}

# ---------------------------------------------------------------------------------------------------------

sub read_header {
    my $line = next_line();
    stop("$file is empty") unless defined $line;
    $line =~ s/^\xef\xbb\xbf//;
    stop("The lines of $file end in CR alone. Convert it first: tr '\\r' '\\n'") if $line =~ /\r/;
    my $delimiter = delimiter_of($line);
    my $header    = fields_of($delimiter, undef, \$line) or stop("The quotes in the header of $file are broken.");
    s/^\s+|\s+\z//g for @$header;
    stop("$file starts with an empty line; its first line has to name the columns.") unless grep { $_ ne '' } @$header;
    return ($delimiter, $header);
}

sub main {
    for (['decimal', qw(point comma)], ['date-order', qw(dmy mdy)]) {
        my ($name, @allowed) = @$_;
        stop("--$name takes " . join ' or ', @allowed)
            if defined $option{$name} && !grep { $option{$name} eq $_ } @allowed;
    }
    unlink $option{rejected};
    open_input();
    local $SIG{PIPE} = 'IGNORE';    # gzip, started above, may still die of it
    my ($delimiter, $header) = read_header();
    my $column = find_columns($header);
    tell_columns($column, $header);

    my @roles       = grep { defined $column->{$_} } qw(order customer time price amount quantity);
    my @index       = map  { $column->{$_} } @roles;
    my $count       = @$header;
    my $customer    = defined $column->{order} ? 1 : 0;
    my $no_order    = defined $column->{order} ? '' : "\\N\t";
    my $no_quantity = defined $column->{quantity} ? '' : "\t\\N";
    my ($read, $used, $blank, $all_bigint) = (0, 0, 0, 1);
    while (defined(my $line = next_line())) {
        progress($read) if ++$read % PROGRESS_LINES == 0;
        if ($line eq '') {
            $blank++;
            next;
        }
        my $number = $line_number;
        my $fields = fields_of($delimiter, $count, \$line);
        my @value  = $fields ? @$fields[@index] : ();
        my $fault =
              !$fields           ? 'broken quoting'
            : @$fields != $count ? 'wrong number of fields'
            :                      read_values(\@value, \@roles);
        if ($fault) {
            reject($fault, $number, $line);
            next;
        }
        $all_bigint &&= is_bigint($value[$customer]);
        print $no_order, join("\t", @value), $no_quantity, "\n" or stop('The database stopped reading.');
        $used++;
    }
    close_input();
    close STDOUT or stop('The database stopped reading.');
    !$rejected_file || close $rejected_file or stop("$option{rejected}: $!");
    clear_progress();
    stop("$file has a header and no lines") unless $read;
    tell_lines($read, $used, $blank);
    stop("No line of $file could be used.") unless $used;

    open my $result, '>', $option{result} or stop("$option{result}: $!");
    print $result 'customer_type=', $all_bigint ? 'bigint' : 'text', "\n";
    print $result 'per_order=', defined $column->{order} ? 'on' : 'off', "\n";
    close $result or stop("$option{result}: $!");
}

main();
