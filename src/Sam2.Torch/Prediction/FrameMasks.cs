namespace Sam2.Torch.Prediction;

/// <summary>The masks of all objects of a session on one frame.</summary>
/// <param name="Frame">Index of the frame.</param>
/// <param name="Objects">One mask per object, in the order in which the objects were added.</param>
public sealed record FrameMasks(int Frame, IReadOnlyList<ObjectMask> Objects)
{
    /// <summary>The mask of an object.</summary>
    /// <exception cref="KeyNotFoundException">The object isn't among them.</exception>
    public ObjectMask this[int objectId] =>
        Objects.FirstOrDefault(o => o.ObjectId == objectId)
        ?? throw new KeyNotFoundException(
            $"Frame {Frame} has no object {objectId}; it has {(Objects.Count == 0 ? "none" : string.Join(", ", Objects.Select(o => o.ObjectId)))}.");
}
