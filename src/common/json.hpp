// JSON as text, for values that are shown or exported, numbers in the shortest form that reads back exactly; and JSON
// that was read.
#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cd {

class Json {
  public:
    Json &begin_object() { return open('{'); }
    Json &end_object() { return close('}'); }
    Json &begin_array() { return open('['); }
    Json &end_array() { return close(']'); }
    Json &key(std::string_view name) {
        text(name);
        out_ += ": ";
        fresh_ = true;
        return *this;
    }
    Json &text(std::string_view value) {
        separate();
        out_ += '"';
        for (const char c : value) escape(c);
        out_ += '"';
        return *this;
    }
    // What is not finite has no form in JSON: null.
    Json &number(double value) {
        if (!(value - value == 0)) return null();
        return digits(value);
    }
    Json &integer(std::uint64_t value) { return digits(value); }
    Json &boolean(bool value) { return word(value ? "true" : "false"); }
    Json &null() { return word("null"); }

    const std::string &str() const { return out_; }

  private:
    template <class T> Json &digits(T value) {
        separate();
        char buffer[32];
        out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
        return *this;
    }
    Json &word(const char *w) {
        separate();
        out_ += w;
        return *this;
    }
    Json &open(char c) {
        separate();
        out_ += c;
        fresh_ = true;
        return *this;
    }
    Json &close(char c) {
        out_ += c;
        fresh_ = false;
        return *this;
    }
    void separate() {
        if (!fresh_) out_ += ", ";
        fresh_ = false;
    }
    void escape(char c) {
        constexpr const char *hex = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (out_ += '\\') += c;
        else if (byte < 0x20)
            ((out_ += "\\u00") += hex[byte >> 4]) += hex[byte & 15];
        else
            out_ += c;
    }

    std::string out_;
    bool fresh_ = true; // nothing stands before the next value
};

// A value of JSON that the host has read.
struct JsonValue {
    enum class Kind { null, boolean, number, string, array, object } kind = Kind::null;
    std::string text;              // of a scalar
    std::vector<JsonValue> items;  // of an array, or the values of an object
    std::vector<std::string> keys; // of an object, none twice
};

} // namespace cd
