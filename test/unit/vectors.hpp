// Published test vectors, where the data stand next to the project, and bytes in hex.
#pragma once
#include "common/bytes.hpp"
#include "common/json.hpp"
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cd::test {

inline std::vector<std::uint8_t> hex(std::string_view digits) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(value(digits[i]) << 4 | value(digits[i + 1])));
    return bytes;
}
inline std::string hex_of(Bytes bytes) {
    std::string out;
    for (const std::uint8_t byte : bytes) (out += "0123456789abcdef"[byte >> 4]) += "0123456789abcdef"[byte & 15];
    return out;
}
inline Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

// JSON that is known to be right. Escapes stay as they are written: comments alone have them.
class JsonText {
  public:
    explicit JsonText(std::string_view text) : text_(text) {}
    JsonValue value() {
        using Kind = JsonValue::Kind;
        JsonValue json;
        const char first = peek();
        if (first == '{' || first == '[') {
            json.kind = first == '{' ? Kind::object : Kind::array;
            const char last = first == '{' ? '}' : ']';
            ++at_;
            while (peek() != last) {
                if (first == '{') json.keys.push_back(string());
                json.items.push_back(value());
                if (peek() == ',') ++at_;
            }
            ++at_;
        } else if (first == '"') {
            json.kind = Kind::string;
            json.text = string();
        } else {
            const std::size_t from = at_;
            at_ = std::min(text_.find_first_of(",]} \n\r\t", at_), text_.size());
            json.text = text_.substr(from, at_ - from);
            json.kind = first == 'n' ? Kind::null : first == 't' || first == 'f' ? Kind::boolean : Kind::number;
        }
        return json;
    }

  private:
    char peek() { // colons are blanks
        at_ = text_.find_first_not_of(" \n\r\t:", at_);
        if (at_ == std::string_view::npos) throw std::runtime_error("JSON ends too early");
        return text_[at_];
    }
    std::string string() {
        peek();
        const std::size_t from = ++at_;
        for (; text_.at(at_) != '"'; ++at_)
            if (text_[at_] == '\\') ++at_;
        return std::string(text_.substr(from, at_++ - from));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

inline const JsonValue &member(const JsonValue &json, std::string_view key) {
    static const JsonValue none;
    for (std::size_t i = 0; i < json.keys.size(); ++i)
        if (json.keys[i] == key) return json.items[i];
    return none;
}

// nullopt where there are no such data.
inline std::optional<JsonValue> vectors(const std::string &name) {
    const std::string path = "../shared/data/vectors/" + name;
    std::FILE *probe = std::fopen(path.c_str(), "rb");
    if (!probe) return std::nullopt;
    std::fclose(probe);
    // The command's name and the path are ours.
    std::FILE *pipe = popen(("gzip -dcf '" + path + "'").c_str(), "r");
    if (!pipe) throw std::runtime_error("gzip cannot be run");
    std::string text;
    char buffer[65536];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
    if (pclose(pipe) != 0) throw std::runtime_error("gzip fails on " + path);
    return JsonText(text).value();
}

// Calls use(group, test, valid) for each test of a file of Wycheproof's. What is "acceptable" is left out, and counted.
template <class Use> void each_vector(const JsonValue &file, Use use) {
    std::size_t seen = 0, acceptable = 0;
    for (const JsonValue &group : member(file, "testGroups").items)
        for (const JsonValue &test : member(group, "tests").items) {
            ++seen;
            const std::string &result = member(test, "result").text;
            SCOPED_TRACE("tcId " + member(test, "tcId").text);
            if (result == "acceptable")
                ++acceptable;
            else
                use(group, test, result == "valid");
        }
    EXPECT_EQ(std::to_string(seen), member(file, "numberOfTests").text);
    if (acceptable > 0) std::printf("%zu acceptable vectors are not judged\n", acceptable);
}

} // namespace cd::test
