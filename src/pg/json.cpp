#include "pg/json.hpp"
extern "C" {
#include "utils/jsonb.h"
#include "utils/numeric.h"
}

namespace cd::pg {
namespace {

class JsonReader {
  public:
    JsonReader(Datum jsonb, int max_depth, void (*too_deep)())
        : iterator_(call([jsonb] { return JsonbIteratorInit(&DatumGetJsonbP(jsonb)->root); })), max_depth_(max_depth),
          too_deep_(too_deep) {}

    JsonValue read() {
        JsonValue json = value(next(), 0);
        // A scalar stands in an array of its own.
        if (json.kind == JsonValue::Kind::array && scalar_) {
            JsonValue only = std::move(json.items.at(0));
            return only;
        }
        return json;
    }

  private:
    JsonbIteratorToken next() {
        return call([this] { return JsonbIteratorNext(&iterator_, &token_, false); });
    }
    JsonValue value(JsonbIteratorToken token, int depth) {
        check_interrupts();
        if (depth > max_depth_) too_deep_();
        JsonValue json;
        if (token == WJB_BEGIN_ARRAY) {
            if (depth == 0) scalar_ = token_.val.array.rawScalar;
            json.kind = JsonValue::Kind::array;
            for (token = next(); token != WJB_END_ARRAY; token = next()) json.items.push_back(value(token, depth + 1));
        } else if (token == WJB_BEGIN_OBJECT) {
            json.kind = JsonValue::Kind::object;
            for (token = next(); token != WJB_END_OBJECT; token = next()) {
                json.keys.emplace_back(token_.val.string.val, static_cast<std::size_t>(token_.val.string.len));
                json.items.push_back(value(next(), depth + 1));
            }
        } else
            scalar(json);
        return json;
    }
    void scalar(JsonValue &json) {
        switch (token_.type) {
        case jbvNull: return;
        case jbvBool:
            json.kind = JsonValue::Kind::boolean;
            json.text = token_.val.boolean ? "true" : "false";
            return;
        case jbvNumeric:
            json.kind = JsonValue::Kind::number;
            number(json.text);
            return;
        default:
            json.kind = JsonValue::Kind::string;
            json.text.assign(token_.val.string.val, static_cast<std::size_t>(token_.val.string.len));
        }
    }

    // A numeric of few bytes may have 131,072 digits. Behind these no double has any that count.
    void number(std::string &text) {
        constexpr std::size_t most_digits = 2000;
        const char *const all = call(
            [this] { return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(token_.val.numeric))); });
        text.assign(all, strnlen(all, most_digits));
        pfree(const_cast<char *>(all));
    }

    JsonbIterator *iterator_;
    int max_depth_;
    void (*too_deep_)();
    JsonbValue token_{};
    bool scalar_ = false;
};

} // namespace

JsonValue json_value(Datum jsonb, int max_depth, void (*too_deep)()) {
    return JsonReader(jsonb, max_depth, too_deep).read();
}

} // namespace cd::pg
