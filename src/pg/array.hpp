// Arrays as arguments and results.
#pragma once
#include "pg/varlena.hpp"
#include <span>
#include <string>
#include <vector>
extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

namespace cd::pg {

// Elements of a float8[], int4[] or int8[] of one dimension without NULLs. Call it while nothing with a destructor is
// alive.
template <class T> std::span<const T> elements(Datum d, const char *name) {
    constexpr Oid type = std::is_same_v<T, double> ? FLOAT8OID : std::is_same_v<T, std::int64_t> ? INT8OID : INT4OID;
    static_assert(type != INT4OID || std::is_same_v<T, std::int32_t>);
    const ArrayType *const array = DatumGetArrayTypeP(d);
    if (ARR_NDIM(array) > 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != type)
        throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a one-dimensional array without NULLs");
    return {reinterpret_cast<const T *>(ARR_DATA_PTR(array)),
            static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)))};
}

// A float8[] of one dimension, read where it lies; elements may be NULL. Make it while nothing with a destructor is
// alive.
class FloatArray {
  public:
    FloatArray(Datum d, const char *argument) : array_(DatumGetArrayTypeP(d)) {
        if (ARR_NDIM(array_) > 1)
            throw Error(sqlstate::invalid_parameter, std::string(argument) + " must have one dimension",
                        "It has " + std::to_string(ARR_NDIM(array_)) + ".", "Give a plain array, ARRAY[1, 2].");
        size_ = ARR_NDIM(array_) == 0 ? 0 : static_cast<std::size_t>(ARR_DIMS(array_)[0]);
    }
    std::size_t size() const { return size_; }
    // Calls visit(i, value, is null).
    template <class Visit> void each(Visit &&visit) const {
        const auto *value = reinterpret_cast<const double *>(ARR_DATA_PTR(array_));
        const bits8 *const bitmap = ARR_NULLBITMAP(array_);
        if (!bitmap) {
            for (std::size_t i = 0; i < size_; ++i) visit(i, value[i], false);
            return;
        }
        for (std::size_t i = 0; i < size_; ++i) {
            const bool null = !(bitmap[i / 8] & (1 << (i % 8)));
            visit(i, null ? 0 : *value++, null);
        }
    }

  private:
    const ArrayType *array_;
    std::size_t size_;
};

// A text[] of one dimension without NULL. Objects may be alive.
inline std::vector<std::string> text_array(Datum d, const char *argument) {
    struct Elements {
        int dimensions, n;
        Datum *values;
        bool *nulls;
    };
    const Elements elements = call([d] {
        ArrayType *const array = DatumGetArrayTypeP(d);
        Elements e{ARR_NDIM(array), 0, nullptr, nullptr};
        deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &e.values, &e.nulls, &e.n);
        return e;
    });
    if (elements.dimensions > 1)
        throw Error(sqlstate::invalid_parameter, std::string(argument) + " must have one dimension",
                    "It has " + std::to_string(elements.dimensions) + ".", "Give a plain array, ARRAY['a', 'b'].");
    std::vector<std::string> texts;
    for (int i = 0; i < elements.n; ++i) {
        if (elements.nulls[i])
            throw Error(sqlstate::invalid_parameter, std::string(argument) + " must not contain NULL",
                        "Element " + std::to_string(i + 1) + " is NULL.", "Leave it out.");
        const Datum value = elements.values[i];
        const Bytes bytes = call([value] { return bytes_arg(value); });
        texts.emplace_back(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    }
    return texts;
}

// Texts as a text[]. Objects may be alive.
inline Datum text_array_datum(std::span<const std::string> texts) {
    return call([&texts] {
        auto *const values = static_cast<Datum *>(palloc((texts.size() + 1) * sizeof(Datum)));
        for (std::size_t i = 0; i < texts.size(); ++i) values[i] = text_datum(texts[i]);
        return PointerGetDatum(
            construct_array(values, static_cast<int>(texts.size()), TEXTOID, -1, false, TYPALIGN_INT));
    });
}

// Numbers as a float8[], written where they will lie. Objects may be alive.
inline Datum float_array(std::span<const double> values) {
    return call([&values] {
        const std::size_t size = ARR_OVERHEAD_NONULLS(1) + values.size() * sizeof(double);
        auto *const array = static_cast<ArrayType *>(palloc0(size));
        SET_VARSIZE(array, size);
        array->ndim = 1;
        array->elemtype = FLOAT8OID;
        *ARR_DIMS(array) = static_cast<int>(values.size());
        *ARR_LBOUND(array) = 1;
        memcpy(ARR_DATA_PTR(array), values.data(), values.size() * sizeof(double));
        return PointerGetDatum(array);
    });
}

} // namespace cd::pg
