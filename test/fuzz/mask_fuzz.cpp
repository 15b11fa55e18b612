// Masks of any bytes: clusters cover a text, and what is shown stands in the value.
#include "mask/grapheme.hpp"
#include "mask/mask.hpp"
#include <algorithm>
#include <cstdlib>

using namespace cd;
using namespace cd::mask;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto require = [](bool condition) {
        if (!condition) std::abort();
    };
    if (size < 2) return 0;
    const std::int32_t left = data[0] % 8, right = data[1] % 8;
    const std::string_view value(reinterpret_cast<const char *>(data) + 2, size - 2);

    std::size_t clusters = 0;
    for (std::size_t at = 0; at < value.size(); ++clusters) {
        const std::string_view cluster = cluster_at(value, at);
        require(!cluster.empty() && cluster.data() == value.data() + at && at + cluster.size() <= value.size());
        at += cluster.size();
    }
    const std::string text = mask_text(value, left, right, "\x01", {});
    const auto masked = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\x01'));
    const auto kept = static_cast<std::size_t>(left + right);
    if (kept >= clusters)
        require(masked == clusters && text.size() == clusters);
    else
        require(masked >= clusters - kept);
    require(generalize_postcode(value, left, {}).size() <= value.size());

    const auto digits = [](std::string_view s) {
        return std::count_if(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    const std::string email = mask_email(value), name = mask_name(value, {}), phone = mask_phone(value),
                      card = mask_card(value);
    require(value.empty() ? email.empty() : email.rfind(hidden) != std::string::npos);
    if (email.size() > 3) require(value.ends_with(std::string_view(email).substr(email.rfind(hidden) + 3)));
    require(name.size() <= 3 * value.size());
    require(digits(phone) <= 5 && (digits(phone) == 0 || digits(phone) + 5 <= digits(value)));
    require(digits(card) == 0 || (digits(card) == 4 && digits(value) >= 12));
    return 0;
}
