namespace Sam2.Torch.Training.Recipes;

/// <summary>Kinds of data sets.</summary>
public enum DatasetKind
{
    /// <summary>Clips that the project draws itself.</summary>
    Procedural,
}
