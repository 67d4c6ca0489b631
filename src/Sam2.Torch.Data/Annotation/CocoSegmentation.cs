namespace Sam2.Torch.Data.Annotation;

/// <summary>How a COCO annotation file holds masks. All three are exact.</summary>
public enum CocoSegmentation
{
    /// <summary>Polygons along the edges between pixels, holes joined to the outline; read by every tool.</summary>
    Polygons,

    /// <summary>Compressed runs, the smallest; read by what uses pycocotools.</summary>
    CompressedRle,

    /// <summary>Runs as plain numbers.</summary>
    UncompressedRle,
}
