// What a column of a row is as a feature: numbers, booleans, dates and times are numbers, text and enums categories.
#pragma once
#include "dataset/dataset.hpp"
#include "pg/bridge.hpp"
#include <cmath>
#include <string_view>

namespace cd::dataset {

[[noreturn]] void refuse_number(double value, std::string_view column);

// How values of a type become numbers or categories.
class Feature {
    enum class Type : std::uint8_t {
        boolean,
        int2,
        int4,
        int8,
        float4,
        float8,
        numeric,
        date,
        timestamp,
        interval,
        time,
        text,
        character,
        name,
        enumeration
    };

  public:
    // Throws for types that are neither, naming the column.
    Feature(Oid type, std::string_view column);

    Kind kind() const { return type_ >= Type::text ? Kind::category : Kind::number; }
    bool is_float8() const { return type_ == Type::float8; }
    // Dates and times are days since 2000-01-01 UTC, spans are days (a month has 30, as in extract(epoch)).
    // Throws for what is not finite, naming the column. Nothing with a destructor may be alive.
    double number(Datum value, std::string_view column) const {
        if (type_ != Type::float8) return other_number(value, column);
        const double number = DatumGetFloat8(value);
        if (!std::isfinite(number)) refuse_number(number, column);
        return number;
    }
    // Valid as long as the value, or the current memory context.
    std::string_view category(Datum value) const;

  private:
    double other_number(Datum value, std::string_view column) const;
    static bool find(Oid type, Type &found);
    Type type_;
};

// What says whose a row is: whole numbers, texts, enums and uuid.
class Identity {
  public:
    // Throws for other types, naming the column.
    Identity(Oid type, std::string_view column);

    // As text in UTF-8: of 7 as integer, bigint, numeric and text the same. Valid as long as the value, or the current
    // memory context. Nothing with a destructor may be alive.
    std::string_view text(Datum value) const;

  private:
    Oid type_;
};

} // namespace cd::dataset
