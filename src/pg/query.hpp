// Reading tables with the rights of the caller.
#pragma once
#include "pg/bridge.hpp"
#include <string>
#include <string_view>
extern "C" {
#include "access/xact.h"
#include "executor/spi.h"
}

namespace cd::pg {

bool relation_exists(const char *schema, const char *name);

// A read-only query through SPI. If an error leaves it open, the transaction's end closes it.
class Query {
  public:
    Query();
    ~Query(); // calls nothing that raises
    Query(const Query &) = delete;
    Query &operator=(const Query &) = delete;

    // `text` may use $1.
    void run(const char *text, std::string_view argument);
    std::uint64_t rows() const { return rows_; }
    // Columns count from 1. They must not be NULL.
    std::int16_t smallint(std::uint64_t row, int column) const { return DatumGetInt16(value(row, column)); }
    std::int32_t integer(std::uint64_t row, int column) const { return DatumGetInt32(value(row, column)); }
    std::string text(std::uint64_t row, int column) const;

  private:
    Datum value(std::uint64_t row, int column) const;
    std::uint64_t rows_ = 0;
};

// The tables of a feature in customer_store must have the shape that this version knows.
void check_shape(Query &, const char *feature, int known);

} // namespace cd::pg
