using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// A checkpoint in several files (shards), with an index that says which tensor is in which: <c>model.safetensors.index.json</c>. The
/// shards lie in the folder of the index; index and shards must agree on every tensor.
/// </summary>
internal static class ShardedCheckpoint
{
    private const int MaxShards = 1024;

    /// <summary>The index of a folder, or null.</summary>
    public static bool IsIndex(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens all shards.</summary>
    /// <param name="index">The path of the index.</param>
    /// <returns>The shards, which the caller disposes, and the tensors of all of them.</returns>
    /// <exception cref="CheckpointException">The index or a shard is missing or damaged, or they contradict each other.</exception>
    public static (IReadOnlyList<ByteSource> Shards, CheckpointContent Content) Open(string index)
    {
        var places = ReadIndex(index);
        var folder = Path.GetDirectoryName(Path.GetFullPath(index))!;
        var shards = new List<ByteSource>();
        try
        {
            var tensors = new OrderedDictionary<string, TensorEntry>(places.Count, StringComparer.Ordinal);
            foreach (var name in places.Values.Distinct(StringComparer.Ordinal))
            {
                var shard = ByteSource.OpenFile(Path.Combine(folder, name));
                shards.Add(shard);
                Collect(shard, name, places, tensors);
            }
            var missing = places.Keys.FirstOrDefault(key => !tensors.ContainsKey(key));
            return missing is null
                ? (shards, new(tensors, PlainDictionary.Empty))
                : throw new CheckpointException(index, $"says that '{missing}' is in {places[missing]}, which doesn't have it", "Download the shards and the index of the same version");
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    private static void Collect(ByteSource shard, string name, IReadOnlyDictionary<string, string> places, OrderedDictionary<string, TensorEntry> tensors)
    {
        if (!Safetensors.IsSafetensors(shard))
            throw shard.Bad("is not a safetensors file, though an index names it as a shard", "Download the shards again");
        foreach (var (key, tensor) in Safetensors.Read(shard).StateDict)
        {
            if (!places.TryGetValue(key, out var place) || place != name)
                throw shard.Bad($"has the tensor '{key}', which the index has {(place is null ? "not at all" : $"in {place}")}", "Download the shards and the index of the same version");
            tensors.Add(key, tensor);
        }
    }

    /// <summary>The name of the shard of each tensor.</summary>
    private static OrderedDictionary<string, string> ReadIndex(string index)
    {
        if (CheckpointJson.Read(index).GetValueOrDefault("weight_map") is not PlainDictionary { Count: > 0 } map)
            throw new CheckpointException(index, "has no weight_map, so it is not the index of a checkpoint", "Name the .safetensors file, or its folder");
        var places = new OrderedDictionary<string, string>(map.Count, StringComparer.Ordinal);
        foreach (var (key, value) in map)
            places.Add((string)key, value is string name && IsFileName(name)
                ? name
                : throw new CheckpointException(index, $"names '{Printable(value)}' as the shard of '{key}', which is not the name of a file beside it", "Such an index is refused"));
        var count = places.Values.Distinct(StringComparer.Ordinal).Count();
        return count <= MaxShards ? places : throw new CheckpointException(index, $"names {count} shards; at most {MaxShards} are read");
    }

    // A name and nothing else: no folder, drive or device, on any system.
    private static bool IsFileName(string name) =>
        name.Length is > 0 and <= 255 && name is not ("." or "..") && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));

    private static string Printable(object? value) =>
        value is string text ? string.Concat(text.Take(80).Select(c => char.IsControl(c) ? '?' : c)) : "no text";
}
