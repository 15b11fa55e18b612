#include "mask/mask.hpp"
#include "mask/grapheme.hpp"
#include <algorithm>

namespace cd::mask {

namespace {

constexpr std::size_t max_text = 0x3fffffff - 4; // what a text of PostgreSQL holds

// Calls visit(cluster, number from 0), and returns how many there are.
template <class Visit> std::size_t each_cluster(std::string_view text, Poll poll, Visit &&visit) {
    std::size_t n = 0;
    for (std::size_t at = 0; at < text.size(); ++n) {
        poll.every(n);
        const std::string_view cluster = cluster_at(text, at, poll);
        visit(cluster, n);
        at += cluster.size();
    }
    return n;
}
std::size_t count_clusters(std::string_view text, Poll poll) {
    return each_cluster(text, poll, [](std::string_view, std::size_t) {});
}

// A cluster may be of any length, and so hide a text behind its first letter: marks, tag characters that nobody sees,
// and signs that are prepended. One that is kept has what letters of all scripts have: the longest stack of Tibetan in
// use, U+0F67 with eight below and above it, and one sign before the base, as Malayalam has.
bool may_be_kept(std::string_view cluster) {
    constexpr std::size_t most_after_base = 8, most_prepended = 1;
    std::size_t prepended = 0, others = 0;
    for (std::size_t at = 0; at < cluster.size();) {
        const Character c = character_at(cluster, at);
        ++(c.kind == Kind::prepended ? prepended : others);
        if (is_tag(c.code) || prepended > most_prepended || others > 1 + most_after_base) return false;
        at += c.size;
    }
    return true;
}

[[noreturn]] void refuse_length() {
    throw Error(sqlstate::program_limit, "the masked text is too long",
                "It would have more than " + std::to_string(max_text) + " bytes.", "Use a shorter mask.");
}
void append(std::string &text, std::string_view more) {
    if (more.size() > max_text - text.size()) refuse_length();
    text += more;
}

void check_keep(const char *name, std::int32_t keep) {
    if (keep < 0)
        throw Error(sqlstate::invalid_parameter, std::string(name) + " must not be negative",
                    std::string(name) + " is " + std::to_string(keep) + ".", "0 keeps nothing.");
}

std::string replace(std::string_view value, std::size_t left, std::size_t right_from, std::string_view mask,
                    Poll poll) {
    std::string result;
    each_cluster(value, poll, [&](std::string_view cluster, std::size_t i) {
        append(result, (i < left || i >= right_from) && may_be_kept(cluster) ? cluster : mask);
    });
    return result;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A domain that mail is sent to (RFC 5321 with the letters of RFC 5890): labels of letters, digits and inner hyphens,
// at least two, the last one not a number.
bool is_domain(std::string_view domain) {
    constexpr std::size_t max_label = 63;
    for (std::size_t at = 0; at < domain.size();) {
        const std::string_view cluster = cluster_at(domain, at);
        if (!may_be_kept(cluster)) return false;
        at += cluster.size();
    }
    std::size_t labels = 0;
    for (std::size_t start = 0; start <= domain.size(); ++labels) {
        const std::size_t end = std::min(domain.find('.', start), domain.size());
        const std::string_view label = domain.substr(start, end - start);
        if (label.empty() || label.size() > max_label || label.front() == '-' || label.back() == '-') return false;
        if (end == domain.size() && std::all_of(label.begin(), label.end(), is_digit)) return false;
        for (std::size_t at = 0; at < label.size();) {
            const Character c = character_at(label, at);
            const bool mark = c.kind == Kind::extending || c.kind == Kind::spacing_mark;
            if (!is_letter(c.kind) && !mark && c.kind != Kind::digit && c.code != '-') return false;
            at += c.size;
        }
        start = end + 1;
    }
    return labels >= 2;
}

// Country codes of E.164 have one digit, two, or three, and none begins with 0: these have two (ITU-T E.164 list of
// assigned codes).
std::size_t country_code_digits(const std::string &digits) {
    constexpr std::string_view of_two = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 "
                                        "60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
    if (digits[0] == '0') return 0;
    if (digits[0] == '1' || digits[0] == '7') return 1;
    return of_two.find(digits.substr(0, 2)) != std::string_view::npos ? 2 : 3;
}

// Masks digits but the first `left` and those from `right_from`, and keeps what stands between them.
std::string mask_digits(std::string_view value, std::size_t left, std::size_t right_from) {
    std::string result(value);
    std::size_t digit = 0;
    for (char &c : result)
        if (is_digit(c)) {
            if (digit >= left && digit < right_from) c = '*';
            ++digit;
        }
    return result;
}

// The digits of a value, or none where it has anything but digits and these separators, or is longer than any number.
std::string digits_of(std::string_view value, std::string_view separators) {
    constexpr std::size_t longest = 64;
    if (value.size() > longest) return {};
    if (value.find_first_not_of(std::string("0123456789").append(separators)) != std::string_view::npos) return {};
    std::string digits;
    std::copy_if(value.begin(), value.end(), std::back_inserter(digits), is_digit);
    return digits;
}

} // namespace

std::string mask_text(std::string_view value, std::int32_t keep_left, std::int32_t keep_right, std::string_view mask,
                      Poll poll) {
    check_keep("keep_left", keep_left);
    check_keep("keep_right", keep_right);
    if (mask.empty() || cluster_at(mask, 0, poll).size() != mask.size())
        throw Error(sqlstate::invalid_parameter, "mask must be one character",
                    "It has " + std::to_string(count_clusters(mask, poll)) + ".",
                    "It stands for each character that is hidden; the usual one is *.");
    const std::size_t n = count_clusters(value, poll), left = static_cast<std::size_t>(keep_left),
                      right = static_cast<std::size_t>(keep_right);
    const bool whole = left + right >= n;
    if ((whole ? n : n - left - right) > max_text / mask.size()) refuse_length();
    return whole ? replace(value, 0, n, mask, poll) : replace(value, left, n - right, mask, poll);
}

std::string mask_email(std::string_view value) {
    constexpr std::size_t max_local = 64, max_domain = 255; // RFC 5321, 4.5.3.1
    if (value.empty()) return {};
    if (value.size() > max_local + 1 + max_domain) return hidden;
    const std::size_t at = value.rfind('@'); // a quoted local part may have others
    if (at == std::string_view::npos || at == 0 || at > max_local || !is_domain(value.substr(at + 1))) return hidden;
    const std::string_view local = value.substr(0, at), first = cluster_at(local, 0);
    return std::string(first.size() < local.size() && may_be_kept(first) ? first : "")
        .append(hidden)
        .append(value.substr(at));
}

std::string mask_name(std::string_view value, Poll poll) {
    constexpr std::string_view stars = "**";
    std::string result;
    std::string_view first; // cluster of the word
    std::size_t length = 0, words = 0;
    const auto end_word = [&] {
        if (length == 0) return;
        const Character c = character_at(first, 0);
        if (length > 1 && is_letter(c.kind) && may_be_kept(first) && (words == 0 || !is_ideograph(c.code)))
            append(result, first);
        append(result, stars);
        ++words;
        length = 0;
    };
    each_cluster(value, poll, [&](std::string_view cluster, std::size_t) {
        const Character c = character_at(cluster, 0);
        if (c.size == cluster.size() && is_blank(c.code)) {
            end_word();
            append(result, cluster);
        } else if (length++ == 0) {
            first = cluster;
        }
    });
    end_word();
    return result;
}

std::string mask_phone(std::string_view value) {
    constexpr std::size_t least_hidden = 5, tail = 2;
    if (value.empty()) return {};
    const bool international = value[0] == '+';
    const std::string digits = digits_of(international ? value.substr(1) : value, " -./()");
    if (digits.empty()) return hidden;
    const std::size_t n = digits.size();
    if (n < least_hidden + tail) return mask_digits(value, 0, n);
    const std::size_t code = international ? country_code_digits(digits) : 0;
    return mask_digits(value, n >= code + least_hidden + tail ? code : 0, n - tail);
}

std::string mask_card(std::string_view value) {
    constexpr std::size_t least = 12, most = 19, tail = 4; // ISO/IEC 7812-1; PCI DSS 4.0, 3.4.1
    if (value.empty()) return {};
    const std::size_t n = digits_of(value, " -.").size();
    if (n == 0) return hidden;
    return mask_digits(value, 0, n >= least && n <= most ? n - tail : n);
}

std::string generalize_postcode(std::string_view value, std::int32_t keep, Poll poll) {
    check_keep("keep", keep);
    return replace(value, static_cast<std::size_t>(keep), SIZE_MAX, "*", poll);
}

} // namespace cd::mask
