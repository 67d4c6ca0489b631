using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>Bounds on a tree of plain values once it is complete, so that whoever walks it needs no checks of their own.</summary>
internal static class PlainTree
{
    /// <summary>Refuses cycles, deep nesting, and shared parts that would unfold to an enormous tree.</summary>
    /// <exception cref="CheckpointException">The tree is refused.</exception>
    public static void Check(ByteSource source, object? root) => new Visit(source).Value(root, depth: 0);

    private readonly struct Visit(ByteSource source)
    {
        // Height and unfolded size of every finished container; null while it is being visited.
        private readonly Dictionary<object, (int Height, long Nodes)?> _seen = new(ReferenceEqualityComparer.Instance);

        public (int Height, long Nodes) Value(object? value, int depth)
        {
            if (value is PickleGlobal or StorageReference)
                throw source.Bad("a value of its pickle is not a plain value", CheckpointRemedy.Resave);
            if (value is not (PlainList or PlainDictionary))
                return (0, 1);
            if (_seen.TryGetValue(value, out var known))
                return known ?? throw source.Bad("a value of its pickle contains itself", CheckpointRemedy.Resave);
            if (depth >= PickleLimits.MaxDepth)
                throw TooLarge();

            _seen[value] = null;
            int height = 0;
            long nodes = 1;
            foreach (var child in value is PlainDictionary dictionary ? dictionary.Values : (PlainList)value)
            {
                var (childHeight, childNodes) = Value(child, depth + 1);
                height = Math.Max(height, childHeight + 1);
                nodes += childNodes;
                if (depth + height > PickleLimits.MaxDepth || nodes > PickleLimits.MaxExpandedNodes)
                    throw TooLarge();
            }
            _seen[value] = (height, nodes);
            return (height, nodes);
        }

        private CheckpointException TooLarge() =>
            source.Bad($"its values nest deeper than {PickleLimits.MaxDepth} levels or unfold to more than {PickleLimits.MaxExpandedNodes} values", CheckpointRemedy.Resave);
    }
}
