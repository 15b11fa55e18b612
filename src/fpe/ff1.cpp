#include "fpe/ff1.hpp"
#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

namespace cd::fpe {

namespace {

using crypto::block_size;
using Wide = unsigned __int128;

constexpr unsigned rounds = 10;

// radix^n, or 0 if it takes more than 64 bits.
std::uint64_t power(unsigned radix, std::size_t n) {
    Wide value = 1;
    for (std::size_t i = 0; i < n; ++i)
        if ((value *= radix) >> 64 != 0) return 0;
    return static_cast<std::uint64_t>(value);
}

// NUM_radix(X) of the standard.
std::uint64_t number(std::span<const Digit> digits, unsigned radix) {
    std::uint64_t value = 0;
    for (const Digit digit : digits) value = value * radix + digit;
    return value;
}

// STR_radix(x).
void put_digits(std::uint64_t value, unsigned radix, std::span<Digit> digits) {
    for (std::size_t i = digits.size(); i-- > 0; value /= radix) digits[i] = static_cast<Digit>(value % radix);
}

// A number of any size: limbs of 32 bits, the lowest first.
using Limbs = std::vector<std::uint32_t>;

Limbs large_number(std::span<const Digit> digits, unsigned radix) {
    Limbs limbs;
    for (const Digit digit : digits) {
        std::uint64_t carry = digit;
        for (std::uint32_t &limb : limbs) {
            carry += std::uint64_t{limb} * radix;
            limb = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        if (carry > 0) limbs.push_back(static_cast<std::uint32_t>(carry));
    }
    return limbs;
}

std::uint8_t byte(const Limbs &limbs, std::size_t i) {
    return i / 4 < limbs.size() ? static_cast<std::uint8_t>(limbs[i / 4] >> i % 4 * 8) : std::uint8_t{0};
}

// Takes the number's last digit off.
Digit last_digit(Limbs &limbs, unsigned radix) {
    std::uint64_t remainder = 0;
    for (std::size_t i = limbs.size(); i-- > 0;) {
        remainder = remainder << 32 | limbs[i];
        limbs[i] = static_cast<std::uint32_t>(remainder / radix);
        remainder %= radix;
    }
    while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
    return static_cast<Digit>(remainder);
}

// Without the least bytes that the number has, so that it is not 0.
std::size_t bytes_of(const Limbs &limbs) {
    return limbs.size() * 4 - static_cast<std::size_t>(std::countl_zero(limbs.back())) / 8;
}

[[noreturn]] void refuse(const char *what, std::size_t seen) {
    throw Error(sqlstate::invalid_parameter, std::string(what) + " is not one of FF1",
                "It is " + std::to_string(seen) + ".",
                "FF1 has a radix from 2 to 65536, 2 to 65535 digits, and at least 100 different strings of them.");
}

} // namespace

Ff1::Ff1(const crypto::Aes &aes, unsigned radix, std::size_t length, Bytes tweak)
    : aes_(&aes), radix_(radix), left_(length / 2), right_(length - left_) {
    if (radix < 2 || radix > 65536) refuse("the radix", radix);
    const std::uint64_t strings = length < 2 || length > max_length ? 1 : power(radix, length);
    if (strings > 0 && strings < 100) refuse("the number of digits", length);
    if (tweak.size() > max_length) refuse("the size of the tweak", tweak.size());
    left_size_ = power(radix, left_);
    right_size_ = power(radix, right_);
    // Step 3. Bytes that hold the largest number of a half are what the two roundings up of a logarithm come to.
    number_size_ = right_size_ > 0
                       ? static_cast<std::size_t>(std::bit_width(right_size_ - 1) + 7) / 8
                       : bytes_of(large_number(std::vector<Digit>(right_, static_cast<Digit>(radix - 1)), radix));

    // Steps 5 and 6 i: P ‖ Q, where Q is the tweak, zeroes, the round, and the number at the end of a block.
    crypto::store(begun_.data(), 0x010201000000'0a00 | std::uint64_t{radix} << 16 | (left_ & 0xff));
    crypto::store(begun_.data() + 8, std::uint64_t{length} << 32 | tweak.size());
    aes_->encrypt(begun_.data(), begun_.data());
    const std::size_t whole = tweak.size() / block_size * block_size, left_over = tweak.size() - whole;
    aes_->chain(begun_, tweak.first(whole));
    std::copy(tweak.begin() + static_cast<std::ptrdiff_t>(whole), tweak.end(), rest_.begin());
    round_at_ = (left_over + number_size_ + block_size) / block_size * block_size - 1 - number_size_;
    if (round_at_ >= block_size) {
        aes_->chain(begun_, rest_);
        rest_.fill(0);
        round_at_ -= block_size;
    }
}

void Ff1::transform(std::span<Digit> digits, bool forward) const {
    if (digits.size() != left_ + right_) refuse("the number of digits", digits.size());
    for (const Digit digit : digits)
        if (digit >= radix_)
            throw Error(sqlstate::invalid_parameter, "a digit is not less than the radix",
                        "The radix is " + std::to_string(radix_) + ".");
    if (right_size_ > 0)
        transform_small(digits, forward);
    else
        transform_large(digits, forward);
}

// Steps 6 and 7 of algorithms 7 and 8, where the number of a half takes 64 bits at most: then Q ends with one block,
// and y has 8 or 12 bytes.
void Ff1::transform_small(std::span<Digit> digits, bool forward) const {
    const auto block = [](const crypto::Block &from) {
        return static_cast<Wide>(crypto::load(from.data())) << 64 | crypto::load(from.data() + 8);
    };
    const Wide same = block(begun_) ^ block(rest_);
    const std::size_t unused = 8 * (block_size - ((number_size_ + 3) / 4 * 4 + 4));
    std::uint64_t a = number(digits.first(left_), radix_), b = number(digits.subspan(left_), radix_);
    for (unsigned n = 0; n < rounds; ++n) {
        const unsigned i = forward ? n : rounds - 1 - n;
        const std::uint64_t size = i % 2 == 0 ? left_size_ : right_size_;
        const Wide q = same ^ (Wide{i} << 8 * number_size_ | (forward ? b : a));
        crypto::Block r;
        crypto::store(r.data(), static_cast<std::uint64_t>(q >> 64));
        crypto::store(r.data() + 8, static_cast<std::uint64_t>(q));
        aes_->encrypt(r.data(), r.data());
        const auto y = static_cast<std::uint64_t>((block(r) >> unused) % size);
        // Sums modulo `size` that never leave 64 bits.
        if (forward)
            a = a >= size - y ? a - (size - y) : a + y;
        else
            b = b >= y ? b - y : b + (size - y);
        std::swap(a, b);
    }
    put_digits(a, radix_, digits.first(left_));
    put_digits(b, radix_, digits.subspan(left_));
}

// The same for numbers of any size: y is turned into digits, and digits are added.
void Ff1::transform_large(std::span<Digit> digits, bool forward) const {
    std::vector<Digit> a(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(left_));
    std::vector<Digit> b(digits.begin() + static_cast<std::ptrdiff_t>(left_), digits.end());
    std::vector<std::uint8_t> q(round_at_ + 1 + number_size_);
    const std::size_t words = (number_size_ + 3) / 4 + 1; // d of step 4, in words of 4 bytes
    std::vector<crypto::Block> s((words + 3) / 4);
    Limbs y;
    for (unsigned n = 0; n < rounds; ++n) {
        const unsigned i = forward ? n : rounds - 1 - n;
        const Limbs other = large_number(forward ? b : a, radix_);
        std::copy_n(rest_.begin(), round_at_, q.begin());
        q[round_at_] = static_cast<std::uint8_t>(i);
        for (std::size_t at = 0; at < number_size_; ++at) q[q.size() - 1 - at] = byte(other, at);
        // Step iii: R, and R plus the numbers of further blocks, enciphered.
        s[0] = begun_;
        aes_->chain(s[0], q);
        for (std::size_t j = 1; j < s.size(); ++j) {
            crypto::Block number{};
            crypto::store(number.data() + 8, j);
            s[j] = s[0];
            crypto::add_to(s[j].data(), number.data());
            aes_->encrypt(s[j].data(), s[j].data());
        }
        y.resize(words);
        for (std::size_t w = 0; w < words; ++w)
            y[words - 1 - w] =
                static_cast<std::uint32_t>(crypto::load(s[w / 4].data() + w % 4 / 2 * 8) >> (w % 2 == 0 ? 32 : 0));
        unsigned carry = 0;
        std::vector<Digit> &half = forward ? a : b;
        for (std::size_t at = half.size(); at-- > 0;) {
            const unsigned change = last_digit(y, radix_) + carry, was = half[at];
            const unsigned is = forward ? was + change : was - change + (was < change ? radix_ : 0);
            carry = forward ? is >= radix_ : was < change;
            half[at] = static_cast<Digit>(forward && carry ? is - radix_ : is);
        }
        std::swap(a, b);
    }
    std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), digits.begin()));
}

} // namespace cd::fpe
