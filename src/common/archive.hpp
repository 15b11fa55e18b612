// A structure that is described once and from that measured, stored, read, told as JSON and read back from JSON.
//
//   template <class A> void describe(A &a, Point &p) { a("x", p.x); a("y", p.y); }
//
// Described may be: double (finite), bool, unsigned integers, enums that count() and name_of() are given for, text,
// optional and vector of these, and structures with a describe() of their own. What was read is in range for its type;
// what it means together is for its owner to check.
#pragma once
#include "common/bytes.hpp"
#include "common/json.hpp"
#include <concepts>
#include <limits>
#include <optional>
#include <vector>

namespace cd {

template <class T>
concept Enumeration = std::is_enum_v<T>;

namespace archive {

// What the four share: how a type is taken apart.
template <class Self> class Writer {
  public:
    void value(std::string_view v) {
        self().integer(v.size());
        self().bytes(v.data(), v.size());
    }
    void value(double v) {
        v += 0.0; // JSON has no negative zero
        self().bytes(&v, sizeof v);
    }
    void value(bool v) { self().integer(v); }
    template <std::unsigned_integral T> void value(T v) { self().integer(v); }
    template <Enumeration T> void value(T v) { self().integer(static_cast<std::uint64_t>(v)); }
    template <class T> void value(const std::optional<T> &v) {
        value(v.has_value());
        if (v) value(*v);
    }
    template <class T> void value(const std::vector<T> &v) {
        self().integer(v.size());
        for (const T &item : v) value(item);
    }
    // A description also reads, so it takes what it describes by reference; here it changes nothing.
    template <class T>
    requires requires(Self &a, T &t) { describe(a, t); }
    void value(const T &v) { describe(self(), const_cast<T &>(v)); }
    template <class T> void operator()(const char *, const T &v) { value(v); }

  private:
    Self &self() { return static_cast<Self &>(*this); }
};

} // namespace archive

class Measure : public archive::Writer<Measure> {
  public:
    static constexpr bool reads = false;
    std::size_t size = 0;
    void integer(std::uint64_t v) { size += varint_size(v); }
    void bytes(const void *, std::size_t n) { size += n; }
};

class Put : public archive::Writer<Put> {
  public:
    static constexpr bool reads = false;
    std::uint8_t *to;
    explicit Put(std::uint8_t *start) : to(start) {}
    void integer(std::uint64_t v) { to = put_varint(to, v); }
    void bytes(const void *from, std::size_t n) {
        if (n > 0) std::memcpy(to, from, n);
        to += n;
    }
};

// Anybody's bytes.
class Get {
  public:
    static constexpr bool reads = true;
    Get(Reader &reader, Poll poll) : reader_(reader), poll_(poll) {}

    void value(std::string &v) {
        const Bytes text = reader_.take(reader_.varint(reader_.left()));
        v.assign(reinterpret_cast<const char *>(text.data()), text.size());
    }
    void value(double &v) {
        v = reader_.fixed<double>();
        reader_.require(v - v == 0, "A number is not finite.");
        reader_.require(v != 0 || std::bit_cast<std::uint64_t>(v) == 0, "A zero is negative.");
    }
    void value(bool &v) { v = reader_.varint(1) != 0; }
    template <std::unsigned_integral T> void value(T &v) {
        v = static_cast<T>(reader_.varint(std::numeric_limits<T>::max()));
    }
    template <Enumeration T> void value(T &v) { v = static_cast<T>(reader_.varint(count(v) - 1)); }
    template <class T> void value(std::optional<T> &v) {
        bool there = false;
        value(there);
        v.reset();
        if (there) value(v.emplace());
    }
    template <class T> void value(std::vector<T> &v) {
        const std::size_t n = reader_.varint(reader_.left()); // each takes a byte at least
        v.clear();
        for (std::size_t i = 0; i < n; ++i) {
            poll_.every(i);
            value(v.emplace_back());
        }
    }
    template <class T>
    requires requires(Get &a, T &t) { describe(a, t); }
    void value(T &v) { describe(*this, v); }
    template <class T> void operator()(const char *, T &v) { value(v); }

    Reader &reader() { return reader_; }

  private:
    Reader &reader_;
    Poll poll_;
};

class Tell {
  public:
    static constexpr bool reads = false;
    Tell(Json &json, Poll poll) : json_(json), poll_(poll) {}

    void value(std::string_view v) { json_.text(v); }
    void value(double v) { json_.number(v + 0.0); }
    void value(bool v) { json_.boolean(v); }
    template <std::unsigned_integral T> void value(T v) { json_.integer(v); }
    template <Enumeration T> void value(T v) { json_.text(name_of(v)); }
    template <class T> void value(const std::optional<T> &v) {
        if (v)
            value(*v);
        else
            json_.null();
    }
    template <class T> void value(const std::vector<T> &v) {
        json_.begin_array();
        for (std::size_t i = 0; i < v.size(); ++i) {
            poll_.every(i);
            value(v[i]);
        }
        json_.end_array();
    }
    template <class T>
    requires requires(Tell &a, T &t) { describe(a, t); }
    void value(const T &v) {
        json_.begin_object();
        describe(*this, const_cast<T &>(v));
        json_.end_object();
    }
    template <class T> void operator()(const char *name, const T &v) {
        json_.key(name);
        value(v);
    }

    Json &json() { return json_; }

  private:
    Json &json_;
    Poll poll_;
};

// Reads what Tell told. Members that are not known are refused, so that a slip of the pen is not taken for a default.
class Hear {
  public:
    static constexpr bool reads = true;
    Hear(const JsonValue &json, const char *type, Poll poll) : type_(type), poll_(poll) { enter(json); }

    void value(std::string &v) { v = scalar(JsonValue::Kind::string, "a string"); }
    void value(double &v) { v = parse<double>(scalar(JsonValue::Kind::number, "a number")); }
    void value(bool &v) { v = scalar(JsonValue::Kind::boolean, "true or false") == "true"; }
    template <std::unsigned_integral T> void value(T &v) {
        v = parse<T>(scalar(JsonValue::Kind::number, "a whole number"));
    }
    template <Enumeration T> void value(T &v) {
        const std::string &name = scalar(JsonValue::Kind::string, "a string");
        for (std::uint64_t i = 0; i < count(v); ++i) {
            v = static_cast<T>(i);
            if (name == name_of(v)) return;
        }
        refuse("\"" + name + "\" is not known there.");
    }
    template <class T> void value(std::optional<T> &v) {
        v.reset();
        if (at_->kind != JsonValue::Kind::null) value(v.emplace());
    }
    template <class T> void value(std::vector<T> &v) {
        if (at_->kind != JsonValue::Kind::array) refuse("It is not an array.");
        const JsonValue &array = *at_;
        v.clear();
        for (std::size_t i = 0; i < array.items.size(); ++i) {
            poll_.every(i);
            at_ = &array.items[i];
            value(v.emplace_back());
        }
        at_ = &array;
    }
    template <class T>
    requires requires(Hear &a, T &t) { describe(a, t); }
    void value(T &v) {
        const Hear outer = *this;
        enter(*at_);
        describe(*this, v);
        end();
        *this = outer;
    }
    template <class T> void operator()(const char *name, T &v) {
        member(name);
        value(v);
        at_ = object_;
        path_.resize(depth_);
    }

    // The next value is that of this member.
    const JsonValue &member(const char *name) {
        for (std::size_t i = 0; i < object_->keys.size(); ++i)
            if (object_->keys[i] == name) {
                ++heard_;
                (path_ += path_.empty() ? "" : ".") += name;
                return *(at_ = &object_->items[i]);
            }
        refuse("\"" + std::string(name) + "\" is missing there.");
    }
    // Nothing else is in the object.
    void end() const {
        if (heard_ != object_->keys.size()) refuse("It has a member that is not known.");
    }
    [[noreturn]] void refuse(const std::string &what) const {
        throw Error(sqlstate::invalid_text, std::string("jsonb is no ") + type_,
                    "At " + (path_.empty() ? "its top" : path_) + ": " + what,
                    "Give what the cast to jsonb made, with other values if need be.");
    }

  private:
    void enter(const JsonValue &json) {
        at_ = object_ = &json;
        heard_ = 0;
        depth_ = path_.size();
        if (json.kind != JsonValue::Kind::object) refuse("It is not an object.");
    }
    const std::string &scalar(JsonValue::Kind kind, const char *what) const {
        if (at_->kind != kind) refuse(std::string("It is not ") + what + ".");
        return at_->text;
    }
    template <class T> T parse(const std::string &text) const {
        T v{};
        const char *const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, v);
        if (error != std::errc() || stop != end) refuse(text + " is out of range there.");
        return v;
    }

    const char *type_;
    Poll poll_;
    const JsonValue *object_ = nullptr, *at_ = nullptr; // what is read, and its member or element
    std::size_t heard_ = 0, depth_ = 0;
    std::string path_;
};

} // namespace cd
