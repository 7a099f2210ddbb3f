// Maps with C++ types. Included by skep/map.h. Thread-safety: as Map, which these borrow: it must outlive them and stay where it is.
#pragma once

#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "skep/map.h"
#include "skep/type_check.h"

namespace skep {

/// Stands for the key of maps that have none: `map.as<NoKey, Event>()` of a queue, stack or bloom filter.
struct NoKey {};

namespace typed_map_detail {

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  if constexpr (std::is_same_v<T, NoKey>) {
    return {};
  } else {
    return std::as_bytes(std::span(&value, 1));
  }
}

/// Compares what is asked for with what the map is; `value_bytes` is of one copy.
Result<void> check(const Map& map, const TypeLayout* key, const TypeLayout& value, bool per_cpu);

}  // namespace typed_map_detail

/// A walk over a map in which an error cannot be overlooked: each step is a Result. Single pass; made by TypedMap::each().
template <class Entry>
class MapRange {
 public:
  /// `make` builds an Entry from the bytes of a key and a value.
  using Make = Entry (*)(std::span<const std::byte> key, std::span<const std::byte> value);

  MapRange(const Map& map, Make make)
      : cursor_(map),
        make_(make),
        key_bytes_(map.traits().key_bytes),
        value_bytes_(map.value_bytes_in_user_space()) {}

  class Iterator {
   public:
    using value_type = Result<Entry>;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(MapRange* range) : range_(range) {}
    const Result<Entry>& operator*() const { return *range_->current_; }
    const Result<Entry>* operator->() const { return &*range_->current_; }
    Iterator& operator++() {
      range_->step();
      return *this;
    }
    void operator++(int) { range_->step(); }
    bool is_at_end() const { return !range_->current_; }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) { return at.is_at_end(); }

   private:
    MapRange* range_ = nullptr;
  };

  Iterator begin() {
    step();
    return Iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  void step() {
    if (failed_) {
      current_.reset();
      return;
    }
    if (next_ * key_bytes_ >= keys_.size()) {
      auto more = cursor_.next(keys_, values_);
      next_ = 0;
      if (!more) {
        failed_ = true;
        current_.emplace(std::unexpected(std::move(more).error()));
        return;
      }
      if (!*more) {
        current_.reset();
        return;
      }
    }
    current_.emplace(make_(std::span(keys_).subspan(next_ * key_bytes_, key_bytes_),
                           std::span(values_).subspan(next_ * value_bytes_, value_bytes_)));
    ++next_;
  }

  MapCursor cursor_;
  Make make_;
  std::size_t key_bytes_;
  std::size_t value_bytes_;
  std::vector<std::byte> keys_;
  std::vector<std::byte> values_;
  std::size_t next_ = 0;
  bool failed_ = false;
  std::optional<Result<Entry>> current_;
};

/// A map whose keys are `Key` and whose values are `Value`. Made by Map::as().
template <class Key, class Value>
class TypedMap {
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);

 public:
  using Entry = std::pair<Key, Value>;

  explicit TypedMap(Map& map) : map_(&map) {}
  Map& map() const { return *map_; }

  /// The value at `key`, or nothing when the key is not there.
  Result<std::optional<Value>> lookup(const Key& key) const {
    return optional_value(
        [&](std::span<std::byte> value) { return map_->lookup(typed_map_detail::bytes_of(key), value); });
  }
  /// Errors: kernel (EEXIST, ENOENT, E2BIG: full), denied (frozen).
  Result<void> update(const Key& key, const Value& value, Update mode = Update::any) const {
    return map_->update(typed_map_detail::bytes_of(key), typed_map_detail::bytes_of(value), mode);
  }
  /// Removes the element; false when it was not there.
  Result<bool> erase(const Key& key) const { return map_->erase(typed_map_detail::bytes_of(key)); }
  /// Takes the element out; nothing when it is not there.
  Result<std::optional<Value>> lookup_and_erase(const Key& key) const {
    return optional_value([&](std::span<std::byte> value) {
      return map_->lookup_and_erase(typed_map_detail::bytes_of(key), value);
    });
  }

  /// All elements at one go.
  Result<std::vector<Entry>> entries() const {
    std::vector<Entry> all;
    for (auto& entry : each()) {
      if (!entry) {
        return std::unexpected(entry.error().clone());
      }
      all.push_back(*entry);
    }
    return all;
  }
  /// Element by element, read in batches: `for (const auto& entry : map.each()) { if (!entry) …; const auto& [key, value] = *entry; … }`.
  MapRange<Entry> each() const {
    return MapRange<Entry>(*map_, [](std::span<const std::byte> key, std::span<const std::byte> value) {
      Entry entry;
      std::memcpy(&entry.first, key.data(), sizeof(Key));
      std::memcpy(&entry.second, value.data(), sizeof(Value));
      return entry;
    });
  }

 private:
  template <class Read>
  Result<std::optional<Value>> optional_value(const Read& read) const {
    Value value;
    auto found = read(std::as_writable_bytes(std::span(&value, 1)));
    if (!found) {
      return std::unexpected(std::move(found).error());
    }
    return *found ? std::optional<Value>(value) : std::nullopt;
  }

  Map* map_;
};

/// A map without keys: a queue (first in, first out) or a stack (last in, first out).
template <class Value>
class TypedMap<NoKey, Value> {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  explicit TypedMap(Map& map) : map_(&map) {}
  Map& map() const { return *map_; }

  /// Adds an element. Errors: kernel (E2BIG: full).
  Result<void> push(const Value& value) const { return map_->update({}, typed_map_detail::bytes_of(value)); }
  /// Takes out the next element; nothing when there is none.
  Result<std::optional<Value>> pop() const {
    Value value;
    auto found = map_->lookup_and_erase({}, std::as_writable_bytes(std::span(&value, 1)));
    return answer(std::move(found), value);
  }
  /// The next element, which stays; nothing when there is none.
  Result<std::optional<Value>> peek() const {
    Value value;
    auto found = map_->peek(std::as_writable_bytes(std::span(&value, 1)));
    return answer(std::move(found), value);
  }

 private:
  static Result<std::optional<Value>> answer(Result<bool> found, const Value& value) {
    if (!found) {
      return std::unexpected(std::move(found).error());
    }
    return *found ? std::optional<Value>(value) : std::nullopt;
  }

  Map* map_;
};

/// The copies of one value, one per possible CPU, as the kernel lays them out: each begins at a multiple of 8 bytes. They can be had by index and as an
/// input range of Values always, and as a span where no padding lies between them: where sizeof(Value) is a multiple of 8.
template <class Value>
class PerCpuValues {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  static constexpr std::size_t stride = (sizeof(Value) + 7) / 8 * 8;

  explicit PerCpuValues(std::size_t cpus) : bytes_(cpus * stride) {}
  /// `bytes` is copied; a multiple of `stride`.
  explicit PerCpuValues(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}

  /// Number of possible CPUs.
  std::size_t size() const { return bytes_.size() / stride; }
  /// The copy of CPU `cpu`; `cpu` < size().
  Value operator[](std::size_t cpu) const {
    Value value;
    std::memcpy(&value, bytes_.data() + cpu * stride, sizeof value);
    return value;
  }
  void set(std::size_t cpu, const Value& value) {
    std::memcpy(bytes_.data() + cpu * stride, &value, sizeof value);
  }
  /// All copies, in place: element i is the copy of CPU i. Valid as long as this object is neither changed in size nor moved nor destroyed.
  std::span<const Value> span() const
    requires(sizeof(Value) % 8 == 0 && alignof(Value) <= alignof(std::max_align_t))
  {
    return {reinterpret_cast<const Value*>(bytes_.data()), size()};
  }
  std::span<Value> span()
    requires(sizeof(Value) % 8 == 0 && alignof(Value) <= alignof(std::max_align_t))
  {
    return {reinterpret_cast<Value*>(bytes_.data()), size()};
  }
  /// As the kernel takes and gives them, padding included.
  std::span<const std::byte> bytes() const { return bytes_; }
  std::span<std::byte> bytes() { return bytes_; }

  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const PerCpuValues* values, std::size_t cpu) : values_(values), cpu_(cpu) {}
    Value operator*() const { return (*values_)[cpu_]; }
    Iterator& operator++() {
      ++cpu_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++cpu_;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.cpu_ == b.cpu_; }

   private:
    const PerCpuValues* values_ = nullptr;
    std::size_t cpu_ = 0;
  };
  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, size()); }

 private:
  std::vector<std::byte> bytes_;
};

/// A per-CPU map with C++ types. Made by Map::as_per_cpu().
template <class Key, class Value>
class PerCpuMap {
  static_assert(std::is_trivially_copyable_v<Key>);

 public:
  using Values = PerCpuValues<Value>;
  using Entry = std::pair<Key, Values>;

  explicit PerCpuMap(Map& map) : map_(&map) {}
  Map& map() const { return *map_; }

  /// Every CPU's copy of the value at `key`, or nothing when the key is not there.
  Result<std::optional<Values>> lookup(const Key& key) const {
    Values values(map_->traits().cpu_count);
    auto found = map_->lookup(typed_map_detail::bytes_of(key), values.bytes());
    if (!found) {
      return std::unexpected(std::move(found).error());
    }
    return *found ? std::optional<Values>(std::move(values)) : std::nullopt;
  }
  /// Writes every CPU's copy. Errors: invalid (not one value per possible CPU), as Map::update.
  Result<void> update(const Key& key, const Values& values, Update mode = Update::any) const {
    return map_->update(typed_map_detail::bytes_of(key), values.bytes(), mode);
  }
  Result<bool> erase(const Key& key) const { return map_->erase(typed_map_detail::bytes_of(key)); }

  /// All elements at one go.
  Result<std::vector<Entry>> entries() const {
    std::vector<Entry> all;
    for (auto& entry : each()) {
      if (!entry) {
        return std::unexpected(entry.error().clone());
      }
      all.push_back(*entry);
    }
    return all;
  }
  /// Element by element, as TypedMap::each().
  MapRange<Entry> each() const {
    return MapRange<Entry>(*map_, [](std::span<const std::byte> key, std::span<const std::byte> value) {
      Key copied;
      std::memcpy(&copied, key.data(), sizeof(Key));
      return Entry(copied, Values(value));
    });
  }

 private:
  Map* map_;
};

template <class Key, class Value>
Result<TypedMap<Key, Value>> Map::as() {
  constexpr bool has_key = !std::is_same_v<Key, NoKey>;
  const TypeLayout key = describe<Key>();
  if (auto fits = typed_map_detail::check(*this, has_key ? &key : nullptr, describe<Value>(), false); !fits) {
    return std::unexpected(std::move(fits).error());
  }
  return TypedMap<Key, Value>(*this);
}

template <class Key, class Value>
Result<PerCpuMap<Key, Value>> Map::as_per_cpu() {
  const TypeLayout key = describe<Key>();
  if (auto fits = typed_map_detail::check(*this, &key, describe<Value>(), true); !fits) {
    return std::unexpected(std::move(fits).error());
  }
  return PerCpuMap<Key, Value>(*this);
}

}  // namespace skep
