// Values with so much left of them that a reader knows which one is meant, and so little that others do not.
//
// Text is UTF-8 and is cut between clusters (grapheme.hpp). What is not of the expected form is hidden wholly, as
// `hidden`: a mask never shows more of a wrong value than of a right one. The empty text stays empty.
#pragma once
#include "common/error.hpp"
#include <cstdint>
#include <string>
#include <string_view>

namespace cd::mask {

inline constexpr const char *hidden = "***";

// The first keep_left and last keep_right clusters, and `mask` in the place of each other one; all are masked where the
// kept ones are all there are.
std::string mask_text(std::string_view value, std::int32_t keep_left, std::int32_t keep_right, std::string_view mask,
                      Poll);
// The first cluster, three stars whatever the length, and the domain: a***@example.com.
std::string mask_email(std::string_view value);
// The first letter of each word and two stars: A** M**. Of words of syllables, as in Chinese, only the first.
std::string mask_name(std::string_view value, Poll);
// A leading + with the country code and the last two digits, where five digits stay hidden.
std::string mask_phone(std::string_view value);
// The last four digits of 12 to 19.
std::string mask_card(std::string_view value);
// The first `keep` clusters, and a star for each other one.
std::string generalize_postcode(std::string_view value, std::int32_t keep, Poll);

} // namespace cd::mask
